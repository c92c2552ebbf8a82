using Graft.Data.Tagging;

namespace Graft.Evaluation;

/// <summary>Scores of one entity type.</summary>
/// <param name="Type">The type.</param>
/// <param name="Scores">The precision, recall and F1.</param>
/// <param name="Support">How many true entities it has.</param>
internal sealed record EntityTypeScores(string Type, PrecisionRecallF1 Scores, int Support);

/// <summary>
/// Precision, recall and F1 over entities: one counts as found only with its exact boundaries and type. The lenient form equals conlleval
/// and seqeval's default, the strict form seqeval's strict mode.
/// </summary>
/// <param name="Micro">Over all entities: the number that papers report.</param>
/// <param name="Macro">The mean over types that occur in truth or prediction.</param>
/// <param name="Weighted">The mean over types, weighted by true entities.</param>
/// <param name="PerType">By type, sorted by name.</param>
internal sealed record EntityScores(
    PrecisionRecallF1 Micro,
    PrecisionRecallF1 Macro,
    PrecisionRecallF1 Weighted,
    IReadOnlyList<EntityTypeScores> PerType
)
{
    /// <summary>seqeval's default: any scheme, malformed sequences understood as conlleval understands them.</summary>
    /// <param name="truth">The true tags by sentence.</param>
    /// <param name="predicted">The predicted tags by sentence.</param>
    public static EntityScores Of(IReadOnlyList<IReadOnlyList<string>> truth, IReadOnlyList<IReadOnlyList<string>> predicted) =>
        Of(truth.Select(LenientDecoder.Decode).ToArray(), predicted.Select(LenientDecoder.Decode).ToArray());

    /// <summary>seqeval's strict mode: only entities that are well-formed in the scheme count.</summary>
    /// <param name="truth">The true tags by sentence.</param>
    /// <param name="predicted">The predicted tags by sentence.</param>
    /// <param name="scheme">The scheme of both.</param>
    /// <exception cref="InputException">A tag does not belong to the scheme.</exception>
    public static EntityScores Strict(
        IReadOnlyList<IReadOnlyList<string>> truth,
        IReadOnlyList<IReadOnlyList<string>> predicted,
        TagScheme scheme
    )
    {
        StrictDecoder decoder = StrictDecoder.For(scheme);
        return Of(truth.Select(decoder.Decode).ToArray(), predicted.Select(decoder.Decode).ToArray());
    }

    /// <summary>The scores of entities that are already found, by sentence.</summary>
    public static EntityScores Of(IReadOnlyList<IReadOnlyList<EntitySpan>> truth, IReadOnlyList<IReadOnlyList<EntitySpan>> predicted)
    {
        SortedDictionary<string, OutcomeCounts> types = new(StringComparer.Ordinal);
        for (int i = 0; i < truth.Count; i++) Count(types, truth[i], predicted[i]);
        EntityTypeScores[] perType = types
            .Select(type => new EntityTypeScores(
                type.Key,
                type.Value.Scores(0),
                (int)(type.Value.TruePositives + type.Value.FalseNegatives)
            ))
            .ToArray();
        PrecisionRecallF1[] scores = perType.Select(type => type.Scores).ToArray();
        return new EntityScores(
            types.Values.Aggregate(default(OutcomeCounts), (sum, counts) => sum + counts).Scores(0),
            PrecisionRecallF1.Mean(scores),
            PrecisionRecallF1.WeightedMean(scores, perType.Select(type => (double)type.Support).ToArray()),
            perType);
    }

    /// <summary>Hits, false alarms and misses of one sentence over all types; the unit of bootstrap intervals.</summary>
    internal static OutcomeCounts Count(IReadOnlyList<EntitySpan> truth, IReadOnlyList<EntitySpan> predicted)
    {
        Dictionary<string, OutcomeCounts> types = new(StringComparer.Ordinal);
        Count(types, truth, predicted);
        return types.Values.Aggregate(default(OutcomeCounts), (sum, counts) => sum + counts);
    }

    private static void Count(
        IDictionary<string, OutcomeCounts> types,
        IReadOnlyList<EntitySpan> truth,
        IReadOnlyList<EntitySpan> predicted
    )
    {
        HashSet<EntitySpan> expected = [.. truth], found = [.. predicted];
        void Add(string type, OutcomeCounts counts) => types[type] = types.TryGetValue(type, out OutcomeCounts sum) ? sum + counts : counts;
        foreach (EntitySpan entity in expected)
            Add(entity.Type, found.Contains(entity) ? new OutcomeCounts(1, 0, 0) : new OutcomeCounts(0, 0, 1));
        foreach (EntitySpan entity in found.Where(entity => !expected.Contains(entity)))
            Add(entity.Type, new OutcomeCounts(0, 1, 0));
    }
}
