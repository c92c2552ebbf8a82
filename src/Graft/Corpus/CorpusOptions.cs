using System.Globalization;

namespace Graft.Corpus;

/// <summary>A source of text: some files, and how often they are read in an epoch.</summary>
/// <param name="Name">A short name for reports and file names.</param>
/// <param name="Files">The files in order.</param>
/// <param name="Weight">How many times the source is read while a source of weight 1 is read once.</param>
public sealed record CorpusSource(string Name, IReadOnlyList<string> Files, double Weight)
{
    /// <summary>
    /// Reads <c>PATH</c> or <c>PATH@WEIGHT</c>; a folder stands for all files in it, in the order of their names.
    /// <code>"prose/modern@3"  →  the files of prose/modern, three times as often</code>
    /// </summary>
    /// <exception cref="InputException">Nothing is there, or the weight is no positive number.</exception>
    public static CorpusSource Parse(string specification)
    {
        ArgumentNullException.ThrowIfNull(specification);
        (string path, double weight) = (specification, 1);
        int at = specification.LastIndexOf('@');
        if (at > 0 && !Path.Exists(specification))
        {
            path = specification[..at];
            if (
                !double.TryParse(specification.AsSpan(at + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out weight)
                || !(weight > 0)
                || weight > 1000
            )
                throw new InputException($"{specification}: behind @ stands a weight, a positive number up to 1000");
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
        if (File.Exists(path))
            return new CorpusSource(name, [path], weight);
        if (!Directory.Exists(path))
            throw new InputException($"{path} does not exist");
        string[] files = Directory
            .GetFiles(path, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(file)[0] != '.')
            .Order(StringComparer.Ordinal)
            .ToArray();
        return files.Length > 0 ? new CorpusSource(name, files, weight) : throw new InputException($"{path} is an empty folder");
    }
}

/// <summary>How a corpus is built.</summary>
public sealed record CorpusOptions
{
    /// <summary>What is read.</summary>
    public required IReadOnlyList<CorpusSource> Sources { get; init; }

    /// <summary>The key or column of the text in JSON Lines and Parquet.</summary>
    /// <value>Null: found by its usual names.</value>
    public string? TextField { get; init; }

    /// <summary>What documents must be like.</summary>
    /// <value><see cref="TextFilter.Web"/>.</value>
    public TextFilter Filter { get; init; } = TextFilter.Web;

    /// <summary>Leave out documents whose words were seen before.</summary>
    /// <value>True.</value>
    public bool RemoveDuplicates { get; init; } = true;

    /// <summary>
    /// The Jaccard similarity of word sequences from which a document is a near duplicate; above 1 only exact ones are found.
    /// </summary>
    /// <value>0.8.</value>
    public double NearDuplicateSimilarity { get; init; } = 0.8;

    /// <summary>Evaluation files whose text must not be in the corpus.</summary>
    /// <value>None.</value>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How many words in a row make an overlap with them.</summary>
    /// <value>13.</value>
    public int ExcludeWords { get; init; } = 13;

    /// <summary>The share of documents kept for evaluation.</summary>
    /// <value>In [0, 1); 0.02.</value>
    public double HeldOutShare { get; init; } = 0.02;

    /// <summary>Decides which documents those are.</summary>
    /// <value>42.</value>
    public long Seed { get; init; } = 42;

    /// <summary>Threads that prepare documents.</summary>
    /// <value>The machine's.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        if (Sources.Count == 0)
            throw new InputException("no input: name files or folders with `input`");
        if (HeldOutShare is not (>= 0 and < 1))
            throw new InputException("held-out", HeldOutShare.ToString(CultureInfo.InvariantCulture), "a share of at least 0 and below 1");
        if (!(NearDuplicateSimilarity > 0))
            throw new InputException(
                "near-duplicates",
                string.Create(CultureInfo.InvariantCulture, $"{NearDuplicateSimilarity}"),
                "a similarity above 0"
            );
        if (Threads < 1)
            throw new InputException("threads", Threads.ToString(CultureInfo.InvariantCulture), "at least 1");
    }
}
