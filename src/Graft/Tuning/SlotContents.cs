using Graft.Backbones;
using Graft.Layers;

namespace Graft.Tuning;

/// <summary>What fills the tuning slots of a model: taken out, put back, or asked for slot by slot.</summary>
internal sealed class SlotContents
{
    private readonly List<(Projection Slot, IProjectionTuning Filling)> _projections = [];
    private readonly List<(AddNorm Slot, IAddNormTuning Filling)> _blockEnds = [];
    private readonly List<(AttentionCore Slot, IAttentionTuning Filling)> _attentions = [];
    private readonly IEmbeddingsTuning? _prompt;

    private SlotContents(Layer model, Backbone backbone)
    {
        foreach ((_, Projection slot) in model.Find<Projection>())
        {
            if (slot.Tuning is not null) _projections.Add((slot, slot.Tuning));
        }

        foreach (TransformerBlock block in backbone.Blocks)
        {
            foreach (AddNorm slot in new[] { block.AttentionOutput, block.FeedForwardOutput }.Where(slot => slot.Tuning is not null)) _blockEnds.Add((slot, slot.Tuning!));
            if (block.SelfAttention.Tuning is not null) _attentions.Add((block.SelfAttention, block.SelfAttention.Tuning));
        }

        _prompt = backbone.Prompt.Tuning;
    }

    public IReadOnlyDictionary<Projection, IProjectionTuning> Projections => _projections.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IReadOnlyDictionary<AddNorm, IAddNormTuning> BlockEnds => _blockEnds.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IReadOnlyDictionary<AttentionCore, IAttentionTuning> Attentions => _attentions.ToDictionary(pair => pair.Slot, pair => pair.Filling);

    public IEmbeddingsTuning? Prompt => _prompt;

    /// <summary>True where no slot was filled.</summary>
    public bool IsEmpty => _projections.Count + _blockEnds.Count + _attentions.Count == 0 && _prompt is null;

    /// <summary>Empties every slot of a model.</summary>
    /// <returns>What was in them.</returns>
    public static SlotContents TakeFrom(Layer model, Backbone backbone)
    {
        SlotContents contents = new(model, backbone);
        foreach ((Projection slot, _) in contents._projections) slot.Tuning = null;
        foreach ((AddNorm slot, _) in contents._blockEnds) slot.Tuning = null;
        foreach ((AttentionCore slot, _) in contents._attentions) slot.Tuning = null;
        backbone.Prompt.Tuning = null;
        return contents;
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
