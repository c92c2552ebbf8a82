using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Backbones.Bert;

/// <summary>What a layer asks of its attention.</summary>
internal abstract class EncoderAttention : Layer
{
    /// <summary>softmax(Q·Kᵀ·scale + bias)·V with its own kernel, padded or packed, with dropout and tuned prefixes.</summary>
    public abstract AttentionCore Core { get; }

    /// <summary>[B, T, D] → [B, T, D].</summary>
    /// <param name="x">The states.</param>
    /// <param name="context">Layout, dropout, slots.</param>
    /// <param name="bias">Added to the scores, or what the family makes that of.</param>
    public abstract Tensor Forward(Tensor x, LayerContext context, Tensor? bias = null);

    /// <summary>The same as a graph.</summary>
    public abstract Graphs.Value Draw(GraphContext graph, Graphs.Value x, Graphs.Value? bias = null);
}

/// <summary>
/// Multi-head attention of a text to itself (Vaswani et al. 2017, §3.2): every token asks (query) every token (key) and takes from it
/// (value).
/// Legend: B batch, T tokens, H heads, N size per head, D = H·N.
/// </summary>
internal partial class BertAttention : EncoderAttention
{
    private readonly Projection _output;

    /// <param name="config">Sizes and rates.</param>
    /// <param name="names">The family's names.</param>
    /// <param name="index">The layer's number: its dropout site follows from it.</param>
    /// <param name="scale">What scores are multiplied by; 1/√N when null.</param>
    public BertAttention(BertConfig config, BertLayerNames names, int index, double? scale = null)
    {
        (int width, int size) = (config.HiddenSize, config.HiddenSize / config.HeadCount);
        Init init = Init.Normal(config.InitializerRange);
        Query = Add(names.Query, new Projection(width, width, init));
        Key = Add(names.Key, new Projection(width, width, init));
        Value = Add(names.Value, new Projection(width, width, init));
        _output = Add(names.AttentionOutput, new Projection(width, width, init));
        Core = new AttentionCore(config.HeadCount, size, scale ?? 1 / Math.Sqrt(size), config.AttentionDropout, DropoutSites.Layer(index));
    }

    /// <summary>
    /// The call that computes what <see cref="WrittenOut"/> says: with its own kernel, padded or packed, with dropout and tuned prefixes.
    /// </summary>
    public override AttentionCore Core { get; }

    private protected Projection Query { get; }

    private protected Projection Key { get; }

    private protected Projection Value { get; }

    /// <summary>False where all keys have the same bias, which the softmax then ignores.</summary>
    private protected virtual bool KeyBiasMatters => Core.Tuning is not null;

    /// <summary>W·[softmax(Q·Kᵀ/√N)·V of every head] + b: [B, T, D] → [B, T, D].</summary>
    public override Tensor Forward(Tensor x, LayerContext context, Tensor? bias = null)
    {
        Tensor[]? rounded = Projection.ForwardInInt8(x, Query, Key, Value); // x is rounded once for the three
        Tensor query = rounded?[0] ?? Query.Forward(x, context), value = rounded?[2] ?? Value.Forward(x, context); // [B, T, D]
        Tensor key = rounded?[1] ?? (KeyBiasMatters ? Key.Forward(x, context) : Key.ForwardBeforeSoftmax(x, context));
        Tensor attended = Core.Forward(query, key, value, context, Bias(query, key, context, bias)); // WrittenOut, fast
        return _output.Forward(attended, context);
    }

    /// <summary>
    /// The attention as the paper has it: softmax(Q·Kᵀ/√N + mask)·V for each head. The layers call <see cref="AttentionCore.Forward"/>,
    /// which never keeps the T × T scores; a contract test holds the two to the same numbers.
    /// </summary>
    /// <param name="query">[B, T, D].</param>
    /// <param name="key">[B, T, D].</param>
    /// <param name="value">[B, T, D].</param>
    /// <param name="heads">H.</param>
    /// <param name="mask">Added to the scores, [B, 1, 1, T]: 0 for tokens, a large negative number for padding; null for none.</param>
    /// <returns>[B, T, D].</returns>
    public static Tensor WrittenOut(Tensor query, Tensor key, Tensor value, int heads, Tensor? mask = null)
    {
        (long batch, long tokens, long size) = (query.shape[0], query.shape[1], query.shape[2] / heads);
        Tensor Split(Tensor x) => x.view(batch, tokens, heads, size).transpose(1, 2).reshape(batch * heads, tokens, size); // [B·H, T, N]
        Tensor scores = bmm(Split(query), Split(key).transpose(1, 2)) / Math.Sqrt(size); // [B·H, T, T]
        if (mask is not null) scores = (scores.view(batch, heads, tokens, tokens) + mask).view(batch * heads, tokens, tokens);
        Tensor probabilities = functional.softmax(scores, -1); // every row sums to 1
        return bmm(probabilities, Split(value)).view(batch, heads, tokens, size).transpose(1, 2).reshape(batch, tokens, -1);
    }

    /// <summary>What is added to the scores; families whose bias depends on the content make it here.</summary>
    private protected virtual Tensor? Bias(Tensor query, Tensor key, LayerContext context, Tensor? bias) => bias;
}
