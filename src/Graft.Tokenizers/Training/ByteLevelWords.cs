using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Training;

/// <summary>
/// The words of GPT-2's pattern <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>,
/// found by hand in one pass.
/// </summary>
internal sealed class ByteLevelWords(bool addPrefixSpace) : WordSplitter
{
    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    private byte[] _prefixed = [];

    public override void Count(ReadOnlySpan<byte> item, WordCounter counter)
    {
        if (addPrefixSpace && !item.IsEmpty && item[0] != ' ')
        {
            if (_prefixed.Length <= item.Length) _prefixed = new byte[2 * item.Length + 1];
            _prefixed[0] = (byte)' ';
            item.CopyTo(_prefixed.AsSpan(1));
            item = _prefixed.AsSpan(0, item.Length + 1);
        }

        while (!item.IsEmpty)
        {
            int length = WordLength(item);
            counter.Add(item[..length]);
            item = item[length..];
        }
    }

    private static int WordLength(ReadOnlySpan<byte> text)
    {
        if (text[0] == '\'' && Contraction(text) is int contraction and > 0) return contraction;
        int start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        Kind kind = KindAt(text[start..], out int length);
        if (kind != Kind.Space) return RunEnd(text, start + length, kind);

        // White space before a word leaves its last character to the word; at the end of the text all of it is one word.
        kind = KindAt(text, out length);
        int end = length, last = length;
        while (end < text.Length && KindAt(text[end..], out length) == Kind.Space)
        {
            end += length;
            last = length;
        }

        return end == text.Length || end == last ? end : end - last;
    }

    private static int RunEnd(ReadOnlySpan<byte> text, int end, Kind kind)
    {
        while (end < text.Length && KindAt(text[end..], out int length) == kind) end += length;
        return end;
    }

    private static int Contraction(ReadOnlySpan<byte> text)
    {
        if (text.Length < 2) return 0;
        if (text[1] is (byte)'s' or (byte)'t' or (byte)'m' or (byte)'d') return 2;
        if (text.Length < 3) return 0;
        return (text[1], text[2]) is ((byte)'r', (byte)'e') or ((byte)'v', (byte)'e') or ((byte)'l', (byte)'l') ? 3 : 0;
    }

    private static Kind KindAt(ReadOnlySpan<byte> text, out int length)
    {
        int codePoint = Decode(text, out length);
        if (CodePoint.IsLetter(codePoint)) return Kind.Letter;
        if (CodePoint.IsWhiteSpace(codePoint)) return Kind.Space;
        return CodePoint.IsNumber(codePoint) ? Kind.Number : Kind.Other;
    }
}
