using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

// The four places where parameter-efficient tuning acts. A slot is empty (null) in a plain model. What fills it is a module of the tuning
// strategy: the slot calls it and does not own it. `rows` names an adapter for each sequence of the batch, null where there is only one.

/// <summary>Fills a <see cref="Projection"/>: LoRA adds to its output, IA3 scales its input or output.</summary>
public interface IProjectionTuning
{
    /// <summary>What the projection sees instead of x [… , in].</summary>
    Tensor Input(Tensor x, LayerContext context);

    /// <summary>What leaves instead of y [… , out].</summary>
    Tensor Output(Tensor x, Tensor y, LayerContext context);
}

/// <summary>Fills an <see cref="AddNorm"/>: bottleneck adapters see the block's output, the residual and the norm.</summary>
public interface IAddNormTuning
{
    /// <summary>
    /// What leaves the block: without an adapter it is norm(output + residual), or the plain sum where the norm comes first.
    /// </summary>
    /// <param name="output">[…, D], after dropout.</param>
    /// <param name="residual">[…, D].</param>
    /// <param name="norm">The layer norm; null in pre-norm families.</param>
    /// <param name="context">Layout and adapter rows.</param>
    Tensor Apply(Tensor output, Tensor residual, Norm? norm, LayerContext context);
}

/// <summary>Fills an <see cref="AttentionCore"/>: prefix tuning puts keys and values before those of the text.</summary>
public interface IAttentionTuning
{
    /// <summary>The number of keys.</summary>
    int Length { get; }

    /// <summary>Keys and values [B or 1, H, Length, N].</summary>
    (Tensor Key, Tensor Value) KeysAndValues(LayerContext context);
}

/// <summary>Fills the input embeddings: prompt tuning puts vectors before those of the text.</summary>
public interface IEmbeddingsTuning
{
    /// <summary>The number of vectors.</summary>
    int Length { get; }

    /// <summary>Vectors [B or 1, Length, D].</summary>
    Tensor Vectors(EncoderInput input);
}
