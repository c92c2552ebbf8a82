using Graft.Torch;
using Graft.Torch.Operations;
using Graft.Torch.Products;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>x·Wᵀ + b: every matrix of every model, and the first tuning slot.</summary>
public sealed partial class Projection : Layer
{
    private readonly bool _transposed;
    private readonly Lock _rounding = new();
    private Int8Weight? _rounded; // made when it is first multiplied in 8 bits; null again once gradients of the weight are asked for

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

    /// <summary>Multiplied in fp32 where others are multiplied in 8 bits: heads, and layers whose rounding costs too much.</summary>
    internal bool StaysFp32 { get; set; }

    /// <summary>The results of several matrices on one input, in 8 bits; null where one of them is not multiplied so here.</summary>
    internal static Tensor[]? ForwardInInt8(Tensor x, params ReadOnlySpan<Projection> projections)
    {
        if (!Ops.InInt8(x)) return null;
        Int8Product.Side[] sides = new Int8Product.Side[projections.Length];
        for (int i = 0; i < sides.Length; i++)
        {
            if (projections[i].StaysFp32 || projections[i].Tuning is not null) return null;
            sides[i] = projections[i].Rounded();
        }

        return Ops.Int8Linear(x, Activation.None, sides);
    }

    /// <summary>W₂·activation(W₁·x + b₁) + b₂ in 8 bits; null where one of the two is not multiplied so here.</summary>
    internal static Tensor? FeedForwardInInt8(Tensor x, Projection first, Activation activation, Projection second) =>
        !Ops.InInt8(x) || first.StaysFp32 || second.StaysFp32 || first.Tuning is not null || second.Tuning is not null
            ? null
            : Ops.Int8FeedForward(x, first.Rounded(), activation, second.Rounded());

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Forget();
        base.Dispose(disposing);
    }

    private Tensor Forward(Tensor x, Tensor? bias, LayerContext context, Activation activation)
    {
        if (Tuning is null) return Product(x, bias, activation);
        x = Tuning.Input(x, context);
        return Ops.Activate(Tuning.Output(x, Product(x, bias, Activation.None), context), activation);
    }

    private Tensor Product(Tensor x, Tensor? bias, Activation activation)
    {
        if (!StaysFp32 && Ops.InInt8(x)) return Ops.Int8Linear(x, activation, Rounded())[0];
        if (_rounded is not null && Weight.requires_grad && is_grad_enabled()) Forget(); // it is going to change
        Tensor weight = _transposed ? Weight.t() : Weight;
        return activation == Activation.None ? Ops.Linear(x, weight, bias) : Ops.LinearActivation(x, weight, bias, activation);
    }

    private Int8Product.Side Rounded()
    {
        lock (_rounding) return new Int8Product.Side(_rounded ??= Int8Weight.Of(_transposed ? Weight.t() : Weight), Bias);
    }

    private void Forget()
    {
        lock (_rounding)
        {
            _rounded?.Dispose();
            _rounded = null;
        }
    }
}
