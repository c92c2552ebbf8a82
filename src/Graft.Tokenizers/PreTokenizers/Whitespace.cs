using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>
/// Keeps words and runs of other signs, by the pattern <c>\w+|[^\w\s]+</c>: <c>Hey, you!</c> → <c>Hey</c> <c>,</c> <c>you</c> <c>!</c>.
/// </summary>
internal sealed class Whitespace : PreTokenizer
{
    private static readonly RunPattern s_runs = new();

    public override void Apply(PieceList pieces) => pieces.Split(s_runs, SplitBehavior.Removed, invert: true);

    public override void Write(Utf8JsonWriter json) => json.WriteType("Whitespace");

    private sealed class RunPattern : Pattern
    {
        private enum Kind
        {
            Word,
            Space,
            Other,
        }

        public override void FindAll(ReadOnlySpan<char> text, List<TextRange> matches)
        {
            for (int start = 0; start < text.Length;)
            {
                Kind kind = KindAt(text, start, out int end);
                end += start;
                while (end < text.Length && KindAt(text, end, out int length) == kind) end += length;
                if (kind != Kind.Space) matches.Add(new(start, end));
                start = end;
            }
        }

        private static Kind KindAt(ReadOnlySpan<char> text, int index, out int length)
        {
            int codePoint = Utf16.At(text, index, out length);
            return CodePoint.IsWord(codePoint) ? Kind.Word : CodePoint.IsWhiteSpace(codePoint) ? Kind.Space : Kind.Other;
        }
    }
}
