using Graft.Data;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks;

/// <summary>The examples of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="BadRows">What could not be read of it.</param>
public abstract record TaskData(string Path, IReadOnlyList<BadRow> BadRows)
{
    /// <summary>How the file was read; null for texts in memory.</summary>
    public Interpretation? Reading { get; init; }

    /// <summary>Number of examples.</summary>
    public abstract int Count { get; }

    /// <summary>The start of an example's text, for messages and reports.</summary>
    public abstract string TextOf(int example);

    /// <summary>The first text alone, for tables; <see cref="PairOf"/> is beside it.</summary>
    public virtual string FirstTextOf(int example) => TextOf(example);

    /// <summary>The second text; null where there is none.</summary>
    public virtual string? PairOf(int example) => null;

    /// <summary>Where an example stands: file and line.</summary>
    public abstract string PlaceOf(int example);

    /// <summary>The number of an example's record in its file, from 1; a header is none.</summary>
    public virtual long RowOf(int example) => example + 1;

    /// <summary>What the file's id column says about an example; null where it has none.</summary>
    public virtual string? IdOf(int example) => null;

    /// <summary>The same file with fewer examples.</summary>
    public abstract TaskData Take(IReadOnlyList<int> examples);

    /// <summary>Says how the file was read, and where that departs from training.</summary>
    /// <param name="trained">How training was read; null where that is not known.</param>
    /// <param name="logger">Is told.</param>
    public void TellReading(Interpretation? trained, ILogger? logger)
    {
        if (Reading is not { } reading) return;
        logger?.Tell($"{Path} read as: {reading.Describe()}");
        if (trained is not null && reading.DepartureFrom(trained) is string departure)
            logger?.Tell($"{Path} departs from the training data: {departure}");
    }

    /// <summary>Examples of a stream, a part at a time, each part with how the file is read.</summary>
    internal static IEnumerable<TaskData> Parts<T>(
        Func<string, ColumnOptions, Action<BadRow>, Action<Interpretation>, IEnumerable<T>> stream,
        string path,
        ColumnOptions columns,
        int examples,
        Action<BadRow> onBadRow,
        Func<T[], Interpretation?, TaskData> part
    )
    {
        Interpretation? read = null;
        IEnumerable<T> rows = stream(path, columns with { RequireLabel = false }, onBadRow, interpretation => read = interpretation);
        if (
            columns.Shard is not null
            && read is { Format: not ("csv" or "json-lines" or "json" or "parquet" or "fasttext" or "text") } other
        )
            throw new InputException($"`shard`: {path} is {other.Format}, which is not cut into parts: give a table, lines or Parquet");
        return rows.Chunk(examples).Select(chunk => part(chunk, read));
    }

    /// <summary>The other columns of an example's row; empty where the file has none.</summary>
    public virtual IReadOnlyDictionary<string, string?> ColumnsOf(int example) => LabelledText.NoColumns;
}
