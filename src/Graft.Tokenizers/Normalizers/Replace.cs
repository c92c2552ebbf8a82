using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Replaces every match of a string or an expression by a string.</summary>
internal sealed class Replace(PatternSource source, string content) : Normalizer
{
    /// <summary>Whether the pattern is a string without white space.</summary>
    public bool IsWithoutSpace => source.Literal is string literal && !literal.Any(char.IsWhiteSpace);

    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<char> units = text.Units;
        if (!source.Pattern.Find(units, 0, out TextRange match)) return;
        text.BeginRewrite();
        int from = 0;
        do
        {
            text.AppendOld(from, match.Start);
            AppendContent(text, match);
            from = match.End;
        }
        while (source.Pattern.Find(units, match.Length > 0 ? from : from + 1, out match) && match.Start >= from);
        text.AppendOld(from, units.Length);
        text.EndRewrite();
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Replace");
        source.Write(json);
        json.WriteString("content", content);
        json.WriteEndObject();
    }

    public static new Replace Read(JsonPart part) => new(PatternSource.Read(part.Member("pattern")), part.Member("content").AsString());

    // What replaces the match is inserted after it and shares the place of its last character.
    private void AppendContent(NormalizedText text, TextRange match)
    {
        TextRange place = match.End > 0 ? text.Sources[match.End - 1] : new(text.Origin, text.Origin);
        for (int i = 0; i < content.Length;)
        {
            text.Append(Utf16.At(content, i, out int length), place);
            i += length;
        }
    }
}
