using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>When a replaced space is put before a piece.</summary>
internal enum PrependScheme
{
    Always,
    First,
    Never,
}

/// <summary>
/// Writes spaces as <c>▁</c>, puts one before the text and splits so that each begins a piece: <c>Hey you</c> → <c>▁Hey</c> <c>▁you</c>.
/// </summary>
internal sealed class Metaspace : PreTokenizer
{
    private static readonly string[] s_schemes = ["always", "first", "never"];

    private readonly CharacterPattern _pattern;

    public Metaspace(char replacement = '▁', PrependScheme scheme = PrependScheme.Always, bool split = true)
    {
        Replacement = replacement;
        Scheme = scheme;
        IsSplitting = split;
        _pattern = new(codePoint => codePoint == replacement);
    }

    public char Replacement { get; }

    public PrependScheme Scheme { get; }

    public bool IsSplitting { get; }

    public override void Apply(PieceList pieces)
    {
        pieces.ReplaceUnit(' ', Replacement);
        if (Scheme != PrependScheme.Never) pieces.Prepend(Replacement, onlyFirst: Scheme == PrependScheme.First);
        if (IsSplitting) pieces.Split(_pattern, SplitBehavior.MergedWithNext);
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Metaspace");
        json.WriteString("replacement", Replacement.ToString());
        json.WriteString("prepend_scheme", s_schemes[(int)Scheme]);
        json.WriteBoolean("split", IsSplitting);
        json.WriteEndObject();
    }

    public static new Metaspace Read(JsonPart part) => new(ReadReplacement(part), ReadScheme(part), part.Bool("split", true));

    public static char ReadReplacement(JsonPart part)
    {
        string replacement = part.String("replacement", "▁");
        return replacement.Length == 1
            ? replacement[0]
            : throw part.Member("replacement").Error($"one character was expected, \"{replacement}\" was found");
    }

    /// <summary>Reads the scheme; older files say <c>add_prefix_space</c> instead.</summary>
    public static PrependScheme ReadScheme(JsonPart part)
    {
        if (part.Find("prepend_scheme") is not JsonPart scheme)
            return part.Bool("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never;
        int index = Array.IndexOf(s_schemes, scheme.AsString());
        return index >= 0
            ? (PrependScheme)index
            : throw scheme.Error($"always, first or never was expected, \"{scheme.AsString()}\" was found");
    }
}
