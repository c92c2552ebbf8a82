using System.Text.Json;
using Graft.Objectives;
using Graft.Pretraining.Objectives;

namespace Graft.Pretraining;

/// <summary>Which options a caller set that this run's objective does not look at: nothing is ignored in silence.</summary>
internal static class UnusedPretrainingOptions
{
    /// <summary>A line for each of them.</summary>
    /// <param name="options">What was asked.</param>
    /// <param name="teacher">The teacher, where one is followed.</param>
    /// <param name="objective">What is learned.</param>
    public static IEnumerable<string> Of(PretrainingOptions options, TeacherOptions? teacher, PretrainingObjective objective)
    {
        PretrainingOptions usual = new() { Training = options.Training };
        string name = teacher is null ? options.Objective : "this student";
        MaskedLmOptions? tokens = null;
        double? share = null;
        switch (objective)
        {
            case MaskedObjective or ReplacedTokensObjective or DistillationObjective:
                tokens = options.Masking;
                share = tokens.Share;
                break;
            case StatesObjective or HiddenStateObjective when teacher is { StatesOnly: false }:
                tokens = options.Masking;
                share = tokens.Share;
                break;
            case SpanObjective:
                share = options.SpanMasking.Share;
                break;
            case SpanCorruptionObjective:
                share = options.SpanCorruption.Share;
                break;
            case CausalObjective or StatesObjective or HiddenStateObjective:
                break;
            default:
                yield break; // an objective from outside may look at any of them
        }

        const string noTokens = "masks no single tokens";
        if (tokens is null && options.Masking.Unit != usual.Masking.Unit)
            yield return Line("masking", Kebab(options.Masking.Unit), $"{name} {noTokens}");
        if (tokens is null && options.Masking.Count != usual.Masking.Count)
            yield return Line("mask-count", Kebab(options.Masking.Count), $"{name} {noTokens}");
        if (tokens is null && options.Masking.StaticCopies != usual.Masking.StaticCopies)
            yield return Line("static-masks", options.Masking.StaticCopies, $"{name} {noTokens}");
        double[] shares = [options.Masking.Share, options.SpanMasking.Share, options.SpanCorruption.Share];
        if (Array.Find(shares, given => given != usual.Masking.Share && given != share) is > 0.0 and double unused)
            yield return Line("mask-share", unused, share is null ? $"{name} masks nothing" : $"{name} masks a share of {share}");
        if (options.CutAtDocuments && objective.SentenceOrder is not null)
            yield return Line("packing", "documents", "a pair is cut from its own documents anyway");
        if (teacher is null) yield break;
        if (options.Objective != usual.Objective) yield return Line("objective", options.Objective, "a teacher is followed");
        double temperature = teacher.Loss.Temperature;
        if (objective is not DistillationObjective && temperature != new DistillationOptions().Temperature)
            yield return Line("temperature", temperature, "the teacher's hidden states are followed, not its distribution");
        if (teacher.HiddenWeight != 1 && (objective is DistillationObjective || (objective is HiddenStateObjective && tokens is null)))
            yield return Line(
                "hidden-weight",
                teacher.HiddenWeight,
                tokens is null ? "nothing is masked beside it" : "the triple loss has weights of its own"
            );
    }

    private static string Kebab(Enum value) => JsonNamingPolicy.KebabCaseLower.ConvertName(value.ToString());

    /// <summary>One option that has no effect.</summary>
    public static string Line(string key, object value, string reason) =>
        FormattableString.Invariant($"`{key}` {value} has no effect: {reason}");
}
