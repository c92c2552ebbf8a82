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
        text.Matches.Clear();
        source.Pattern.FindAll(text.Units, text.Matches);
        if (text.Matches.Count == 0) return;
        int length = text.Length;
        int end = 0;
        text.BeginRewrite();
        foreach (TextRange match in text.Matches)
        {
            text.AppendOld(end, match.Start);
            AppendContent(text, match);
            end = match.End;
        }

        text.AppendOld(end, length);
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
