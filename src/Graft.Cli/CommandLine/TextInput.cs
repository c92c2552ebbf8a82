using System.CommandLine;
using Graft.Data;

namespace Graft.Cli;

/// <summary>The texts a command works on: <c>--text</c> (again and again), a file of any format, or the lines of stdin.</summary>
internal sealed class TextInput
{
    private readonly Option<string[]> _text = CommonFlags.Text.Optional<string[]>("may be given several times; --input otherwise");
    private readonly Option<string?> _input = CommonFlags.Input.Optional<string?>(
        "texts as lines, CSV, TSV, JSON Lines or Parquet, a folder or pattern of several files, or - for the lines of stdin; --text "
            + "otherwise");
    private readonly ReadingFlags _reading = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_text);
        command.Options.Add(_input);
        foreach (Option option in _reading.OfTexts) command.Options.Add(option);
    }

    /// <summary>True when texts come from a file or a stream, so that each answer is a line of its own.</summary>
    public bool IsStream(ParseResult parsed) => parsed.GetValue(_input) is not null;

    /// <summary>True when there is neither a text nor a file.</summary>
    public bool IsEmpty(ParseResult parsed) => parsed.GetValue(_input) is null && parsed.GetValue(_text) is null or [];

    /// <summary>The texts in order, read as they are asked for.</summary>
    /// <exception cref="InputException">There is nothing to read, or both flags are given, or the file is missing or damaged.</exception>
    public IEnumerable<string> Read(ParseResult parsed)
    {
        (string[] texts, string? file) = (parsed.GetValue(_text) ?? [], parsed.GetValue(_input));
        if (texts.Length > 0 == file is not null) throw new InputException("give either --text or --input");
        if (file is null) return texts;
        if (file == "-") return StandardInput();
        return Rows(parsed, null, row => Terminal.Log($"left out: {row}")).Select(row => row.Text);
    }

    /// <summary>What <c>--input</c> names; null where it is not given.</summary>
    public string? File(ParseResult parsed) => parsed.GetValue(_input);

    /// <summary>The rows of the file, or of a part of it, read as they are asked for.</summary>
    /// <exception cref="InputException">The file is missing or damaged.</exception>
    public IEnumerable<LabelledText> Rows(ParseResult parsed, InputShard? shard, Action<BadRow> onBadRow)
    {
        string file = parsed.GetRequiredValue(_input)!;
        if (!Path.Exists(file) && !file.Contains('*', StringComparison.Ordinal)) throw new InputException($"{file} does not exist");
        return LabelledTextReader.Stream(file, _reading.Options(parsed) with { RequireLabel = false, Shard = shard }, onBadRow);
    }

    /// <summary>The lines of stdin; blank ones are passed over.</summary>
    public static IEnumerable<string> StandardInput()
    {
        while (Console.In.ReadLine() is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line)) yield return line; // as in a file
        }
    }
}
