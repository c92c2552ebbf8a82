using System.CommandLine;
using Graft.Data;

namespace Graft.Cli;

/// <summary>
/// What a user says about a file of labelled texts, on every command that reads one; each flag overrules what would be found.
/// </summary>
internal sealed class ReadingFlags
{
    private readonly Option<string?> _format = CommonFlags.Format.Optional<string?>(
        "csv, tsv, json-lines, json, parquet, fasttext, text, conll, conll-u, spans or squad; found by content otherwise");
    private readonly Option<string?> _delimiter = new("--delimiter")
    {
        Description = "What separates columns: one character, or tab; found by content otherwise.",
        HelpName = "CHARACTER",
    };
    private readonly Option<string?> _header = new("--header")
    {
        Description = "Whether the first row names the columns: yes or no; found by content otherwise.",
        HelpName = "yes|no",
    };
    private readonly Option<string?> _text = new("--text-column")
    {
        Description = "The column of texts or words: a name, or a number from 1 where there is no header; found otherwise.",
        HelpName = "COLUMN",
    };
    private readonly Option<string?> _pair = new("--pair-column")
    {
        Description = "The column of second texts; found by name otherwise.",
        HelpName = "COLUMN",
    };
    private readonly Option<string?> _label = new("--label-column")
    {
        Description = "The column of labels or tags; found otherwise.",
        HelpName = "COLUMN",
    };
    private readonly Option<string?> _labels = new("--label-columns")
    {
        Description = "The columns of 0 and 1 that are a label each, as toxic,insult; found otherwise.",
        HelpName = "COLUMNS",
    };
    private readonly Option<string?> _names = new("--label-names")
    {
        Description =
            "The names of numbered classes or tags, the first that of 0; of lists of 0 and 1 the label of each position: "
                + "joy,anger,fear. The numbers themselves otherwise.",
        HelpName = "NAMES",
    };
    private readonly Option<string?> _separator = new("--label-separator")
    {
        Description = "What separates several labels in a cell; one of | ; , otherwise, by what the file has.",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _missing = new("--missing-label")
    {
        Description =
            "A further text that stands for a missing label, beside empty cells, nan, None, NA and the like; none lets only empty cells "
                + "stand for one, so that NA and -1 are classes; no further text otherwise.",
        HelpName = "TEXT",
    };

    /// <summary>All of the flags.</summary>
    public IEnumerable<Option> All => [_format, _delimiter, _header, _text, _pair, _label, _labels, _names, _separator, _missing];

    /// <summary>Those of a file of texts whose labels do not matter.</summary>
    public IEnumerable<Option> OfTexts => [_format, _delimiter, _header, _text];

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in All) command.Options.Add(option);
    }

    /// <summary>What the flags say.</summary>
    /// <exception cref="InputException">A value is none of those allowed.</exception>
    public ColumnOptions Options(ParseResult parsed) => new()
    {
        Format = parsed.GetValue(_format),
        Delimiter = parsed.GetValue(_delimiter),
        HasHeader = parsed.GetValue(_header) switch
        {
            null => null,
            "yes" or "true" => true,
            "no" or "false" => false,
            var other => throw new InputException($"--header {other}: yes or no is expected"),
        },
        Text = parsed.GetValue(_text),
        Pair = parsed.GetValue(_pair),
        Label = parsed.GetValue(_label),
        LabelColumns = List(parsed.GetValue(_labels)),
        LabelNames = List(parsed.GetValue(_names)),
        LabelSeparator = parsed.GetValue(_separator),
        MissingLabel = parsed.GetValue(_missing),
    };

    private static string[] List(string? value) => value?.Split(',', StringSplitOptions.TrimEntries) ?? [];
}
