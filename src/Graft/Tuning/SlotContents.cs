using Graft.Backbones;
using Graft.Layers;

namespace Graft.Tuning;

/// <summary>What fills the tuning slots of a model: taken out, put back, or asked for slot by slot.</summary>
internal sealed class SlotContents
{
    private readonly IReadOnlyList<(Projection Slot, IProjectionTuning Filling)> _projections;
    private readonly IReadOnlyList<(AddNorm Slot, IAddNormTuning Filling)> _blockEnds;
    private readonly IReadOnlyList<(AttentionCore Slot, IAttentionTuning Filling)> _attentions;
    private readonly IEmbeddingsTuning? _prompt;

    private SlotContents(
        IReadOnlyList<(Projection Slot, IProjectionTuning Filling)> projections,
        IReadOnlyList<(AddNorm Slot, IAddNormTuning Filling)> blockEnds,
        IReadOnlyList<(AttentionCore Slot, IAttentionTuning Filling)> attentions,
        IEmbeddingsTuning? prompt
    ) => (_projections, _blockEnds, _attentions, _prompt) = (projections, blockEnds, attentions, prompt);

    /// <summary>Nothing in any slot.</summary>
    public static SlotContents Empty { get; } = new([], [], [], null);

    public IReadOnlyDictionary<Projection, IProjectionTuning> Projections =>
        _projections.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IReadOnlyDictionary<AddNorm, IAddNormTuning> BlockEnds => _blockEnds.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IReadOnlyDictionary<AttentionCore, IAttentionTuning> Attentions =>
        _attentions.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IEmbeddingsTuning? Prompt => _prompt;

    /// <summary>How many keys and vectors it puts before a text: adapters can share a batch only where these are the same.</summary>
    public (int Prefix, int Prompt) AddedLengths => (_attentions.Count == 0 ? 0 : _attentions[0].Filling.Length, _prompt?.Length ?? 0);

    /// <summary>True where no slot was filled.</summary>
    public bool IsEmpty => _projections.Count + _blockEnds.Count + _attentions.Count == 0 && _prompt is null;

    /// <summary>Empties every slot of a model.</summary>
    /// <param name="model">The layers whose projections are asked: the whole model, or the backbone alone.</param>
    /// <param name="backbone">The backbone.</param>
    /// <returns>What was in them.</returns>
    public static SlotContents TakeFrom(Layer model, Backbone backbone)
    {
        List<(Projection, IProjectionTuning)> projections = [];
        List<(AddNorm, IAddNormTuning)> blockEnds = [];
        List<(AttentionCore, IAttentionTuning)> attentions = [];
        foreach ((_, Projection slot) in model.Find<Projection>())
        {
            if (slot.Tuning is { } filling) projections.Add((slot, filling));
            slot.Tuning = null;
        }

        foreach (TransformerBlock block in backbone.Blocks)
        {
            foreach (AddNorm slot in new[] { block.AttentionOutput, block.FeedForwardOutput })
            {
                if (slot.Tuning is { } filling) blockEnds.Add((slot, filling));
                slot.Tuning = null;
            }

            if (block.SelfAttention.Tuning is { } prefix) attentions.Add((block.SelfAttention, prefix));
            block.SelfAttention.Tuning = null;
        }

        SlotContents contents = new(projections, blockEnds, attentions, backbone.Prompt.Tuning);
        backbone.Prompt.Tuning = null;
        return contents;
    }

    /// <summary>What several adapters have in the same slots, as one content that serves all of them.</summary>
    /// <param name="adapters">One content an adapter; its place in the list is its number. Prefixes and prompts are of one length.</param>
    public static SlotContents Mix(IReadOnlyList<SlotContents> adapters) =>
        new(
            [
                .. adapters
                    .SelectMany(adapter => adapter.Projections.Keys)
                    .Distinct()
                    .Select(slot =>
                        (
                            slot,
                            (IProjectionTuning)
                                new MixedProjection([.. adapters.Select(adapter => adapter.Projections.GetValueOrDefault(slot))])
                        )
                    ),
            ],
            [
                .. adapters
                    .SelectMany(adapter => adapter.BlockEnds.Keys)
                    .Distinct()
                    .Select(slot =>
                        (slot, (IAddNormTuning)new MixedAddNorm([.. adapters.Select(adapter => adapter.BlockEnds.GetValueOrDefault(slot))]))
                    ),
            ],
            [
                .. adapters
                    .SelectMany(adapter => adapter.Attentions.Keys)
                    .Distinct()
                    .Select(slot =>
                        (
                            slot,
                            (IAttentionTuning)new MixedPrefix([.. adapters.Select(adapter => adapter.Attentions.GetValueOrDefault(slot))])
                        )
                    ),
            ],
            adapters.Any(adapter => adapter.Prompt is not null) ? new MixedPrompt([.. adapters.Select(adapter => adapter.Prompt)]) : null
        );

    /// <summary>The same with whole projections of an adapter's own beside what it put on them.</summary>
    public SlotContents With(IReadOnlyDictionary<Projection, OwnProjection> owned)
    {
        Dictionary<Projection, IProjectionTuning> all = new(Projections);
        foreach ((Projection slot, OwnProjection own) in owned)
        {
            own.Inner = all.GetValueOrDefault(slot);
            all[slot] = own;
        }

        return new SlotContents([.. all.Select(pair => (pair.Key, pair.Value))], _blockEnds, _attentions, _prompt);
    }

    /// <summary>Fills the slots again.</summary>
    public void PutBack(Backbone backbone)
    {
        foreach ((Projection slot, IProjectionTuning filling) in _projections) slot.Tuning = filling;
        foreach ((AddNorm slot, IAddNormTuning filling) in _blockEnds) slot.Tuning = filling;
        foreach ((AttentionCore slot, IAttentionTuning filling) in _attentions) slot.Tuning = filling;
        backbone.Prompt.Tuning = _prompt;
    }
}
