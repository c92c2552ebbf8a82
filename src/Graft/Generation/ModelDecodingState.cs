using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Generation;

/// <summary>
/// A pre-trained model in the middle of writing: keys and values of all tokens so far are kept, so each step computes one token a row.
/// A decoder-only model reads the prompts (padded on the left); an encoder-decoder reads the sources once and writes from its start token.
/// </summary>
internal sealed class ModelDecodingState : IDecodingState
{
    private readonly PretrainedModel _model;
    private readonly LanguageModelHead _head;
    private readonly KeyValueCache _cache = new();
    private readonly int[] _leftPadding;
    private Tensor? _first;
    private Tensor? _mask;
    private Tensor? _positions;
    private Source? _source;

    private ModelDecodingState(PretrainedModel model, Tensor first, Tensor? mask, Tensor? positions, Source? source, int[] leftPadding)
    {
        _leftPadding = leftPadding;
        _model = model;
        _head =
            model.Head as LanguageModelHead ?? throw new ArgumentException($"a {model.HeadKind} head does not write text", nameof(model));
        (_first, _mask, _positions, _source) = (first, mask, positions, source);
    }

    /// <inheritdoc/>
    public int Rows => (int)_first!.shape[0];

    /// <inheritdoc/>
    public int VocabularySize => _model.Config.VocabularySize;

    /// <summary>A decoder-only model at its prompts.</summary>
    /// <param name="model">With a causal head.</param>
    /// <param name="prompts">One row a text, all of one length: shorter ones padded on the left.</param>
    /// <param name="mask">1 for tokens and 0 for padding; null where nothing is padded.</param>
    public static ModelDecodingState Causal(PretrainedModel model, IReadOnlyList<int[]> prompts, IReadOnlyList<int[]>? mask = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = Matrix(prompts);
        if (mask is null || mask.All(row => !row.Contains(0)))
            return new ModelDecodingState(model, ids.DetachFromDisposeScope(), null, null, null, new int[prompts.Count]);
        Tensor attended = Matrix(mask);
        int[] padding = [.. mask.Select(row => row.TakeWhile(flag => flag == 0).Count())];
        Tensor positions = (attended.cumsum(1) - 1).clamp(min: 0); // the first token of every text is at position 0
        return new ModelDecodingState(
            model,
            ids.DetachFromDisposeScope(),
            attended.DetachFromDisposeScope(),
            positions.DetachFromDisposeScope(),
            null,
            padding
        );
    }

    /// <summary>An encoder-decoder model at its sources.</summary>
    /// <param name="model">With a sequence-to-sequence head.</param>
    /// <param name="sources">One row a text, padded on the right.</param>
    /// <param name="mask">1 for tokens and 0 for padding.</param>
    /// <param name="startTokenId">What every target begins with.</param>
    public static ModelDecodingState SequenceToSequence(
        PretrainedModel model,
        IReadOnlyList<int[]> sources,
        IReadOnlyList<int[]> mask,
        int startTokenId
    )
    {
        using ComputeScope computing = model.Enter();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        EncoderInput input = new() { InputIds = Matrix(sources), AttentionMask = Matrix(mask) };
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        Tensor start = full([sources.Count, 1], startTokenId, ScalarType.Int64);
        Source source = new(
            input.InputIds.DetachFromDisposeScope(),
            input.AttentionMask!.DetachFromDisposeScope(),
            states.DetachFromDisposeScope()
        );
        return new ModelDecodingState(model, start.DetachFromDisposeScope(), null, null, source, new int[sources.Count]);
    }

    /// <inheritdoc/>
    public int LeftPadding(int row) => _leftPadding[row];

    /// <inheritdoc/>
    public void Start(Span<float> logits) => Step(_first!, logits);

    /// <inheritdoc/>
    public void Append(ReadOnlySpan<int> tokens, Span<float> logits)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] ids = new long[tokens.Length];
        for (int row = 0; row < ids.Length; row++) ids[row] = tokens[row];
        if (_mask is not null)
        {
            Replace(ref _mask, cat([_mask, ones([ids.Length, 1], ScalarType.Int64)], 1));
            Replace(ref _positions, _positions!.slice(1, -1, _positions.shape[1], 1) + 1);
        }

        Step(tensor(ids).unsqueeze(1), logits);
    }

    /// <inheritdoc/>
    public void Select(ReadOnlySpan<int> sources)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        long[] rows = new long[sources.Length];
        for (int i = 0; i < rows.Length; i++) rows[i] = sources[i];
        Tensor order = tensor(rows);
        _cache.Reorder(order);
        Replace(ref _first, _first!.index_select(0, order));
        if (_mask is not null)
            Replace(ref _mask, _mask.index_select(0, order));
        if (_positions is not null)
            Replace(ref _positions, _positions.index_select(0, order));
        if (_source is null)
            return;
        Source selected = new(
            Keep(_source.Ids.index_select(0, order)),
            Keep(_source.Mask.index_select(0, order)),
            Keep(_source.States.index_select(0, order))
        );
        _source.Dispose();
        _source = selected;
    }

    /// <summary>Releases what was kept.</summary>
    public void Dispose()
    {
        _cache.Dispose();
        _first?.Dispose();
        _mask?.Dispose();
        _positions?.Dispose();
        _source?.Dispose();
    }

    private void Step(Tensor ids, Span<float> logits)
    {
        using ComputeScope computing = _model.Enter();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        EncoderInput written = new() { InputIds = ids, AttentionMask = _mask, PositionIds = _positions, Cache = _cache };
        EncoderInput input = _source is null
            ? written
            : new EncoderInput { InputIds = _source.Ids, AttentionMask = _source.Mask, EncoderStates = _source.States, Decoder = written };
        Tensor last = _model.Backbone.Forward(input).LastHiddenState.select(1, -1); // [B, D]
        _head.Score(last).CopySingles(logits);
    }

    private static Tensor Matrix(IReadOnlyList<int[]> rows)
    {
        int length = rows.Count == 0 ? 0 : rows[0].Length;
        if (length == 0 || rows.Any(row => row.Length != length))
            throw new ArgumentException("rows of one length are expected, at least one token long", nameof(rows));
        return tensor(rows.SelectMany(row => row).Select(id => (long)id).ToArray(), [rows.Count, length]);
    }

    private static Tensor Keep(Tensor tensor) => tensor.DetachFromDisposeScope();

    private static void Replace(ref Tensor? held, Tensor next)
    {
        Tensor? before = held;
        held = Keep(next);
        before?.Dispose();
    }

    /// <summary>What an encoder gave.</summary>
    private sealed record Source(Tensor Ids, Tensor Mask, Tensor States) : IDisposable
    {
        public void Dispose()
        {
            Ids.Dispose();
            Mask.Dispose();
            States.Dispose();
        }
    }
}
