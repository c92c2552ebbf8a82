using Graft.Torch.Dropout;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// Everything a backbone may look at: one immutable record instead of loose tensors. Legend: B batch, T tokens, D width.
/// <para>Padded (the usual layout): ids [B, T] and a mask. Packed (no padding is computed): ids [tokens] of all sequences one after the
/// other, and <see cref="Boundaries"/>; hidden states are then [tokens, D].</para>
/// </summary>
/// <example>Two texts of 3 and 2 tokens: padded ids [[5,6,7],[8,9,0]] with mask [[1,1,1],[1,1,0]] = packed ids [5,6,7,8,9] with boundaries
/// [0,3,5].</example>
public sealed record EncoderInput
{
    /// <summary>Token ids, int64: [B, T], or [tokens] when packed.</summary>
    public required Tensor InputIds { get; init; }

    /// <summary>1 for tokens and 0 for padding, int64 [B, T].</summary>
    /// <value>Null where every token is attended.</value>
    public Tensor? AttentionMask { get; init; }

    /// <summary>Segment of each token, int64, of the ids' shape.</summary>
    /// <value>Null for segment 0 everywhere. Families without segments ignore it.</value>
    public Tensor? TokenTypeIds { get; init; }

    /// <summary>Task of each token (ERNIE), int64, of the ids' shape.</summary>
    /// <value>Null for task 0 everywhere. Other families ignore it.</value>
    public Tensor? TaskTypeIds { get; init; }

    /// <summary>Position of each token, int64, of the ids' shape.</summary>
    /// <value>Null for what the family does by itself.</value>
    public Tensor? PositionIds { get; init; }

    /// <summary>Vectors that take the place of the ids' word embeddings, [B, T, D].</summary>
    /// <value>Null: the ids are looked up.</value>
    public Tensor? InputsEmbeds { get; init; }

    /// <summary>The first row of each packed sequence and, last, the number of rows.</summary>
    /// <value>Null for the padded layout.</value>
    public int[]? Boundaries { get; init; }

    /// <summary>Which adapter each sequence uses, where slots hold several; −1 for none.</summary>
    /// <value>Null where there is one or none.</value>
    public IReadOnlyList<int>? AdapterRows { get; init; }

    /// <summary>The micro-batch's dropout masks.</summary>
    /// <value>Null: evaluation, nothing is dropped.</value>
    internal DropoutPlan? Dropout { get; init; }

    /// <summary>Ask for the states between layers.</summary>
    public bool OutputHiddenStates { get; init; }

    /// <summary>Ask for the attention probabilities of every layer (padded layout only).</summary>
    public bool OutputAttentions { get; init; }

    /// <summary>The target side of an encoder-decoder model: its ids (shifted right), mask, dropout plan and cache.</summary>
    /// <value>Null: the encoder alone runs.</value>
    public EncoderInput? Decoder { get; init; }

    /// <summary>What the encoder gave before, [B, T, D], so that generation runs it once.</summary>
    public Tensor? EncoderStates { get; init; }

    /// <summary>Keys and values of the tokens before these (generation); they are added to.</summary>
    internal KeyValueCache? Cache { get; init; }

    /// <summary>True for the packed layout.</summary>
    public bool IsPacked => Boundaries is not null;

    /// <summary>Leading dimensions of the hidden states: [B, T] or [tokens].</summary>
    internal long[] Leading => InputsEmbeds is null ? InputIds.shape : InputsEmbeds.shape[..^1];

    /// <summary>The longest sequence.</summary>
    internal long Longest => IsPacked ? Boundaries!.Zip(Boundaries!.Skip(1), (from, to) => to - from).Max() : Leading[^1];

    /// <summary>The number of sequences.</summary>
    internal long Sequences => IsPacked ? Boundaries!.Length - 1 : Leading[0];

    /// <summary>The sequences of a run of neighbours alone.</summary>
    internal EncoderInput Part(AdapterRun run)
    {
        int from = Boundaries?[run.First] ?? run.First, to = Boundaries?[run.End] ?? run.End;
        Tensor? Rows(Tensor? tensor) => tensor?.slice(0, from, to, 1);
        return this with
        {
            InputIds = Rows(InputIds)!,
            AttentionMask = Rows(AttentionMask),
            TokenTypeIds = Rows(TokenTypeIds),
            TaskTypeIds = Rows(TaskTypeIds),
            PositionIds = Rows(PositionIds),
            InputsEmbeds = Rows(InputsEmbeds),
            Boundaries = Boundaries is null ? null : [.. Boundaries[run.First..(run.End + 1)].Select(row => row - from)],
            AdapterRows = null,
        };
    }

    /// <summary>Refuses shapes that do not fit together, before native code sees them.</summary>
    /// <exception cref="ArgumentException">A tensor has another shape or type than the layout asks for.</exception>
    internal static void Validate(EncoderInput input)
    {
        int dimensions = input.IsPacked ? 1 : 2;
        Tensor ids = input.InputIds;
        if (ids.dtype != ScalarType.Int64 || ids.dim() != dimensions)
            throw new ArgumentException(
                $"input ids: int64 with {dimensions} dimensions are expected, found {ids.dtype} [{string.Join(", ", ids.shape)}]",
                nameof(input)
            );
        Require(input.TokenTypeIds, "token type ids");
        Require(input.TaskTypeIds, "task type ids");
        Require(input.PositionIds, "position ids");
        if (input.IsPacked && input.AttentionMask is not null)
            throw new ArgumentException("a packed batch has no padding: leave the attention mask out", nameof(input));
        if (!input.IsPacked && input.Cache is null)
            Require(input.AttentionMask, "attention mask");
        if (input.IsPacked && input.Boundaries![^1] != input.Leading[0])
            throw new ArgumentException("the last boundary is not the number of packed tokens", nameof(input));

        void Require(Tensor? tensor, string what)
        {
            bool fits =
                tensor is null
                || tensor.shape.SequenceEqual(input.Leading)
                || (tensor.dim() == 2 && tensor.shape[0] == 1 && tensor.shape[1] == input.Leading[^1]);
            if (!fits)
                throw new ArgumentException(
                    $"{what}: [{string.Join(", ", input.Leading)}] is expected like the ids, found [{string.Join(", ", tensor!.shape)}]",
                    nameof(input)
                );
        }
    }
}
