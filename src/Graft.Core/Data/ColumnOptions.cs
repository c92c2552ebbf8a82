namespace Graft.Data;

/// <summary>What the answers of a file are.</summary>
internal enum AnswerKind
{
    /// <summary>Classes, one a text; several with <see cref="ColumnOptions.MultiLabel"/>.</summary>
    Class,

    /// <summary>Numbers.</summary>
    Number,

    /// <summary>Texts.</summary>
    Text,
}

/// <summary>What a file is for: it decides which part of a folder of several is read.</summary>
internal enum DataPart
{
    /// <summary>Training.</summary>
    Training,

    /// <summary>Evaluation.</summary>
    Evaluation,
}

/// <summary>
/// What a user says about a file: its format, and which columns hold what. Everything left out is found by content and name.
/// </summary>
public sealed record ColumnOptions
{
    /// <value>
    /// The format: <c>csv</c>, <c>tsv</c>, <c>json-lines</c>, <c>json</c>, <c>parquet</c>, <c>fasttext</c>, <c>text</c>, <c>conll</c>,
    /// <c>conll-u</c>, <c>spans</c>, <c>squad</c>. Null: found.
    /// </value>
    public string? Format { get; init; }

    /// <value>What separates the columns of a table: a character, or <c>tab</c>. Null: found.</value>
    public string? Delimiter { get; init; }

    /// <value>The text column; a name, or a number from 1 in files without a header. Null: found.</value>
    public string? Text { get; init; }

    /// <value>The column of the second text. Null: found by name, absent if there is none.</value>
    public string? Pair { get; init; }

    /// <value>The column of texts that do not belong to the text (triplets of sentence vectors). Null: found by name.</value>
    public string? Negative { get; init; }

    /// <value>The label column. Null: found.</value>
    public string? Label { get; init; }

    /// <value>Columns of 0 and 1, each a label (with <see cref="MultiLabel"/>). Empty: the labels stand in one column.</value>
    public IReadOnlyList<string> LabelColumns { get; init; } = [];

    /// <value>
    /// The names of numbered classes, the first that of 0; of lists of 0 and 1 the label of each position. Empty: none, or those of the
    /// file's metadata.
    /// </value>
    public IReadOnlyList<string> LabelNames { get; init; } = [];

    /// <value>
    /// What separates several labels in a cell. Null: <c>|</c>, <c>;</c> or <c>,</c>, the first that any cell of the file has.
    /// </value>
    public string? LabelSeparator { get; init; }

    /// <summary>The value of <see cref="MissingLabel"/> that makes every written label a class.</summary>
    public const string NoMissingLabel = "none";

    /// <value>
    /// What stands for a missing label beside an empty cell and what programs write for nothing (<c>nan</c>, <c>None</c>, <c>NA</c> …; -1
    /// among classes that are numbered from 0 on; beside 0 and 1 alone it has to be said).
    /// <see cref="NoMissingLabel"/>: only empty cells are missing, so that <c>NA</c> and -1 are classes. Null:
    /// nothing is said.
    /// </value>
    public string? MissingLabel { get; init; }

    /// <value>True or false when it is known whether the first row of a table names the columns. Null: found out.</value>
    public bool? HasHeader { get; init; }

    /// <value>True: a file without labels is refused and a row without one is left out. False for texts to be predicted.</value>
    public bool RequireLabel { get; init; } = true;

    /// <value>True: a file without a second text column is refused.</value>
    public bool RequirePair { get; init; }

    /// <value>
    /// True: a row may carry any number of labels, given as a list, as a cell with separators, as an object of label → 0 or 1, as a list of
    /// 0 and 1 with <see cref="LabelNames"/>, or as <see cref="LabelColumns"/>.
    /// </value>
    public bool MultiLabel { get; init; }

    /// <value>What the answers are; what looks like one and what is a missing one depends on it.</value>
    internal AnswerKind Answer { get; init; }

    /// <value>How the file a model was trained on was read; this one is read the same way where it can be. Null: there is none.</value>
    public Interpretation? Trained { get; init; }

    /// <value>Which part of a folder of several is meant.</value>
    internal DataPart? Part { get; init; }

    /// <value>The part of the file, or of all files of a folder or pattern, that is read. Null: all of it.</value>
    public InputShard? Shard { get; init; }

    /// <value>Whether a blank line of plain text is a row, which then cannot be used: answers keep the rows of what was asked.</value>
    internal bool CountBlankLines { get; init; }
}
