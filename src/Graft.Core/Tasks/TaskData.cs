using Graft.Data;

namespace Graft.Tasks;

/// <summary>The examples of a file.</summary>
/// <param name="Path">The file.</param>
/// <param name="BadRows">What could not be read of it.</param>
public abstract record TaskData(string Path, IReadOnlyList<BadRow> BadRows)
{
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

    /// <summary>The same file with fewer examples.</summary>
    public abstract TaskData Take(IReadOnlyList<int> examples);

    /// <summary>The other columns of an example's row; empty where the file has none.</summary>
    public virtual IReadOnlyDictionary<string, string?> ColumnsOf(int example) => LabelledText.NoColumns;
}
