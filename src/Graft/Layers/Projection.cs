using Graft.Torch;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>x·Wᵀ + b: every matrix of every model, and the first tuning slot.</summary>
public sealed partial class Projection : Layer
{
    private readonly bool _transposed;

    /// <param name="input">Width of x.</param>
    /// <param name="output">Width of the result.</param>
    /// <param name="init">How the weight begins.</param>
    /// <param name="bias">Whether there is a bias (which begins at zero).</param>
    /// <param name="transposed">The weight is stored [in, out] (GPT-2's Conv1D).</param>
    public Projection(long input, long output, Init init, bool bias = true, bool transposed = false)
    {
        _transposed = transposed;
        (Inputs, Outputs) = (input, output);
        Weight = Declare("weight", transposed ? [input, output] : [output, input], init);
        Bias = bias ? Declare("bias", [output], Init.Zeros) : null;
    }

    /// <summary>Width of what enters.</summary>
    public long Inputs { get; }

    /// <summary>Width of what leaves.</summary>
    public long Outputs { get; }

    /// <summary>[out, in], or [in, out] where transposed.</summary>
    public Parameter Weight { get; }

    /// <summary>[out]; null for none.</summary>
    public Parameter? Bias { get; }

    /// <summary>True where the weight is stored [in, out].</summary>
    public bool IsTransposed => _transposed;

    /// <summary>How many matrices of one shape it computes at once, one after the other in its outputs (query, key and value: 3).</summary>
    public int Parts { get; init; } = 1;

    /// <summary>The slot.</summary>
    public IProjectionTuning? Tuning { get; set; }

    /// <summary>[…, in] → […, out].</summary>
    public Tensor Forward(Tensor x, LayerContext context, Activation activation = Activation.None) => Forward(x, Bias, context, activation);

    /// <summary>
    /// The same where a softmax follows that ignores what the bias adds to all its scores alike (keys of attention, one score a choice or
    /// a token): its exact gradient is zero. Computed, it would be rounding noise, which Adam turns into steps of full size.
    /// </summary>
    /// <param name="x">[…, in].</param>
    /// <param name="context">Slots.</param>
    /// <param name="from">The first such entry of the bias (the keys of a joint projection).</param>
    /// <param name="count">The number; all when null.</param>
    public Tensor ForwardBeforeSoftmax(Tensor x, LayerContext context, long from = 0, long? count = null)
    {
        Tensor? bias = count is long length && Bias is not null && is_grad_enabled()
            ? cat([Bias.narrow(0, 0, from), Bias.narrow(0, from, length).detach(), Bias.narrow(0, from + length, Outputs - from - length)])
            : is_grad_enabled() ? Bias?.detach() : Bias;
        return Forward(x, bias, context, Activation.None);
    }

    private Tensor Forward(Tensor x, Tensor? bias, LayerContext context, Activation activation)
    {
        Tensor weight = _transposed ? Weight.t() : Weight;
        if (Tuning is null)
            return activation == Activation.None ? Ops.Linear(x, weight, bias) : Ops.LinearActivation(x, weight, bias, activation);
        x = Tuning.Input(x, context);
        return Ops.Activate(Tuning.Output(x, Ops.Linear(x, weight, bias), context), activation);
    }
}
