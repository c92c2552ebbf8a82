using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Splits at the matches of a string or an expression.</summary>
internal sealed class Split(PatternSource source, SplitBehavior behavior, bool invert) : PreTokenizer
{
    public override void Apply(PieceList pieces) => pieces.Split(source.Pattern, behavior, invert);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Split");
        source.Write(json);
        json.WriteString("behavior", behavior.ToString());
        json.WriteBoolean("invert", invert);
        json.WriteEndObject();
    }

    public static new Split Read(JsonPart part) =>
        new(PatternSource.Read(part.Member("pattern")), ReadBehavior(part.Member("behavior")), part.Bool("invert", false));

    public static SplitBehavior ReadBehavior(JsonPart part) =>
        Enum.TryParse(part.AsString(), out SplitBehavior behavior) && Enum.IsDefined(behavior)
            ? behavior
            : throw part.Error(
                $"Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous was expected, \"{part.AsString()}\" was found"
            );
}

/// <summary>Splits at one character and drops it.</summary>
internal sealed class CharDelimiterSplit(char delimiter) : PreTokenizer
{
    private readonly CharacterPattern _pattern = new(codePoint => codePoint == delimiter);

    public override void Apply(PieceList pieces) => pieces.Split(_pattern, SplitBehavior.Removed);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "CharDelimiterSplit");
        json.WriteString("delimiter", delimiter.ToString());
        json.WriteEndObject();
    }

    public static new CharDelimiterSplit Read(JsonPart part)
    {
        string delimiter = part.Member("delimiter").AsString();
        return delimiter.Length == 1
            ? new(delimiter[0])
            : throw part.Member("delimiter").Error($"one character was expected, \"{delimiter}\" was found");
    }
}
