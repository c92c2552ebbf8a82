namespace Graft.Auto;

/// <summary>
/// Which way the evidence recommends for a number of labels a class (docs/evidence/few-labels.md): the default that other candidates must beat, and what plain fine-tuning begins from.
/// </summary>
internal static class EvidenceTable
{
    private const double FewOfManyClasses = 6, Plenty = 250;
    private const int ManyClasses = 20, ManyExamples = 2_000;

    /// <summary>The ways in the order in which they are taken, with the reason.</summary>
    /// <param name="examples">Labelled examples.</param>
    /// <param name="classes">Labels to tell apart; 0 for numbers and tags.</param>
    public static (string[] Ways, string Reason) Recommended(int examples, int classes)
    {
        if (classes == 0) return (["full", "lora", "words"], "numbers and tags: every parameter is tuned");
        double each = (double)examples / classes;
        if (each >= Plenty || examples >= ManyExamples) return (["full", "contrastive", "frozen", "lora", "words"], FormattableString.Invariant($"{each:0} labels a class are plenty: every parameter is tuned"));
        return classes >= ManyClasses && each < FewOfManyClasses
            ? (["frozen", "contrastive", "words", "full", "lora"], FormattableString.Invariant($"{each:0.#} labels for each of {classes} classes: a classifier on frozen vectors"))
            : (["contrastive", "frozen", "full", "lora", "words"], FormattableString.Invariant($"{each:0.#} labels a class are few: pairs of texts teach more than labels alone"));
    }

    /// <summary>The name of the recommended candidate among those that were tried: by way, then the largest model.</summary>
    public static string Default(IReadOnlyList<Candidate> tried, int examples, int classes)
    {
        foreach (string way in Recommended(examples, classes).Ways)
        {
            if (tried.Where(candidate => candidate.Way == way).OrderByDescending(candidate => candidate.Cost).FirstOrDefault() is { } found) return found.Name;
        }

        return tried[0].Name;
    }
}
