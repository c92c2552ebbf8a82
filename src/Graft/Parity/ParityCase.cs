using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>The numbers of a reference as tensors: inputs, expected outputs, gradients, parameters after three steps.</summary>
internal sealed class ParityCase
{
    /// <summary>The logits after an adapter was folded into the weights.</summary>
    public const string MergedLogits = "merged_logits";

    private readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    private readonly IReadOnlyDictionary<string, string> _metadata;

    public ParityCase(string folder)
    {
        using Checkpoint checkpoint = ParityRunner.Open(folder);
        _metadata = checkpoint.Metadata;
        foreach (StoredTensor stored in checkpoint.Tensors)
        {
            _tensors[stored.Name] = stored.Type.IsFloatingPoint()
                ? tensor(stored.ToSingles(), stored.Shape.ToArray())
                : tensor(stored.ToInt64s(), stored.Shape.ToArray());
        }
    }

    /// <summary>The class that made the case, such as BertForMaskedLM.</summary>
    public string Head => _metadata.GetValueOrDefault("head") ?? throw new InputException("the reference's metadata has no head");

    /// <summary>True where padded rows follow from the ordinary formulas.</summary>
    public bool PaddedRowsDefined => _metadata.GetValueOrDefault("padded_rows") != "undefined";

    public Tensor? Find(string name) => _tensors.GetValueOrDefault(name);

    /// <summary>Names below a prefix, without it: of "out." → "logits", "loss" …</summary>
    public IEnumerable<string> Names(string prefix) =>
        _tensors
            .Keys.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
            .Select(name => name[prefix.Length..])
            .Order(StringComparer.Ordinal);

    /// <summary>The forward call's input; choices [B, C, T] become B·C texts.</summary>
    public EncoderInput Input(bool attentions) =>
        new()
        {
            InputIds = Texts("in.input_ids")!,
            AttentionMask = Texts("in.attention_mask"),
            TokenTypeIds = Texts("in.token_type_ids"),
            TaskTypeIds = Texts("in.task_type_ids"),
            PositionIds = Texts("in.position_ids"),
            Decoder = Find("in.decoder_input_ids") is Tensor ids
                ? new EncoderInput { InputIds = ids, AttentionMask = Find("in.decoder_attention_mask") }
                : null,
            OutputHiddenStates = true,
            OutputAttentions = attentions,
        };

    public Targets Targets() => new()
    {
        Labels = Find("in.labels"),
        SentenceLabels = Find("in.next_sentence_label") ?? Find("in.sentence_order_label"),
        StartPositions = Find("in.start_positions"),
        EndPositions = Find("in.end_positions"),
        Pairs = Find("in.pairs"),
        PairTargets = Find("in.pair_targets"),
    };

    /// <summary>The elements of a token-level output that are defined; null for all.</summary>
    /// <param name="name">Without "out.".</param>
    public Tensor? Defined(string name)
    {
        if (PaddedRowsDefined || Find("in.attention_mask") is not Tensor mask) return null;
        (long batch, long tokens) = (mask.shape[0], mask.shape[^1]);
        long[] shape = Find("out." + name)!.shape;
        if (name.StartsWith("attentions", StringComparison.Ordinal)) return mask.ne(0).view(batch, 1, tokens, 1);
        bool tokenLevel = shape.Length >= 2 && shape[0] == batch && shape[1] == tokens;
        return tokenLevel ? mask.ne(0).view([batch, tokens, .. Enumerable.Repeat(1L, shape.Length - 2)]) : null;
    }

    private Tensor? Texts(string name) => Find(name) is { } found && found.dim() == 3 ? found.view(-1, found.shape[2]) : Find(name);
}
