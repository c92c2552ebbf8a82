using System.Globalization;

namespace Graft.Tasks;

/// <summary>What the loss counts how much.</summary>
public sealed record LossOptions
{
    /// <summary>The name of weights that make up for rarity: all examples ÷ (classes · examples of the class).</summary>
    public const string Balanced = "balanced";

    /// <summary>
    /// A weight for each class, in the labels' order; null: all alike. Of several labels: what a label's presence weighs against its
    /// absence.
    /// </summary>
    public IReadOnlyList<double>? ClassWeights { get; init; }

    /// <summary>
    /// The share of the target that is spread over all classes (Szegedy et al. 2016): 0.1 asks for 0.9 + 0.1 / classes of the true one.
    /// </summary>
    /// <value>0</value>
    public double LabelSmoothing { get; init; }

    /// <summary>True where neither is asked for: the head's own loss.</summary>
    internal bool IsPlain => ClassWeights is null && LabelSmoothing == 0;

    /// <summary>The weight of a class.</summary>
    internal double WeightOf(long label) => ClassWeights is null ? 1 : ClassWeights[(int)label];

    /// <summary>Checks every value.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (!(LabelSmoothing is >= 0 and < 1))
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"label-smoothing is {LabelSmoothing}; it must be at least 0 and below 1")
            );
        if (ClassWeights?.Any(weight => !(weight > 0) || !double.IsFinite(weight)) == true)
            throw new InputException("class-weights: every weight must be a positive number");
    }

    /// <summary>
    /// Weights by class as they are asked for: <c>balanced</c>, or a file of lines <c>label TAB weight</c>.
    /// <code>3 × yes, 1 × no, balanced  →  yes 4 / (2 · 3) = 0.67, no 4 / (2 · 1) = 2</code>
    /// </summary>
    /// <param name="asked">The flag's value.</param>
    /// <param name="labels">The classes.</param>
    /// <param name="counts">How often each occurs in training.</param>
    /// <exception cref="InputException">The file lacks a class, names another, or a weight is no positive number.</exception>
    internal static IReadOnlyList<double> Weights(string asked, IReadOnlyList<string> labels, IReadOnlyList<long> counts)
    {
        double all = counts.Sum();
        if (asked == Balanced) return [.. counts.Select(count => count == 0 ? 1 : all / (labels.Count * count))];
        Dictionary<string, double> weights = new(StringComparer.Ordinal);
        foreach ((long number, string line) in Data.PlainTextReader.Lines(asked))
        {
            if (string.IsNullOrWhiteSpace(line)) continue;
            int tab = line.LastIndexOf('\t');
            string label = tab < 0 ? line : line[..tab].Trim();
            bool isNumber =
                double.TryParse(line.AsSpan(tab + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double weight)
                && weight > 0
                && double.IsFinite(weight);
            if (tab < 0 || !isNumber)
                throw new InputException($"{asked}, line {number}: a label, a tab and a positive number are expected, found \"{line}\"");
            if (!labels.Contains(label, StringComparer.Ordinal))
                throw new InputException(
                    $"{asked}, line {number}: \"{label}\" is not one of the labels ({string.Join(", ", labels.Take(8))})"
                );
            weights[label] = weight;
        }

        string? missing = labels.FirstOrDefault(label => !weights.ContainsKey(label));
        return missing is null
            ? [.. labels.Select(label => weights[label])]
            : throw new InputException($"{asked}: no weight for the label \"{missing}\"");
    }
}
