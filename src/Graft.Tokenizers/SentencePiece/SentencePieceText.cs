using System.Buffers;
using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// A text as SentencePiece's normalizer leaves it (normalizer.cc): UTF-8 with ▁ for white space, and for each byte the place in the
/// original UTF-8 it came from. Reused from call to call.
/// </summary>
internal sealed class SentencePieceText(SentencePieceModel model, PieceTrie userDefined)
{
    private static ReadOnlySpan<byte> SpaceSymbol => "\u2581"u8;

    private static ReadOnlySpan<byte> ReplacementBytes => "\uFFFD"u8;

    // ASCII characters that stay themselves when another one follows.
    private readonly bool[] _plain = MakePlain(model, userDefined);
    private byte[] _bytes = new byte[256];
    private int[] _origins = new int[257];

    /// <summary>The number of normalized bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The bytes there is room for, which never become fewer.</summary>
    public int Capacity => _bytes.Length;

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>
    /// For each normalized byte, and for the end, the byte of the original text where it came from; valid unless all is empty.
    /// </summary>
    public ReadOnlySpan<int> Origins => _origins.AsSpan(0, Length + 1);

    public void Normalize(ReadOnlySpan<byte> input)
    {
        Length = 0;
        _origins[0] = 0;
        int consumed = 0;
        if (model.RemoveExtraWhiteSpace)
        {
            while (consumed < input.Length)
            {
                int length = Prefix(input[consumed..], out ReadOnlySpan<byte> first);
                if (!first.SequenceEqual(" "u8)) break;
                consumed += length;
            }
        }

        if (consumed == input.Length) return;
        if (!model.WhiteSpaceAsSuffix && model.AddDummyPrefix) AppendSpace(consumed);
        consumed = NormalizeRest(input, consumed);
        if (model.RemoveExtraWhiteSpace) consumed = TrimEnd(consumed);
        if (model.WhiteSpaceAsSuffix && model.AddDummyPrefix) AppendSpace(consumed);
        _origins[Length] = consumed;
    }

    private int NormalizeRest(ReadOnlySpan<byte> input, int consumed)
    {
        bool afterSpace = model.RemoveExtraWhiteSpace;
        while (consumed < input.Length)
        {
            int plainEnd = CopyPlain(input, consumed);
            if (plainEnd > consumed)
            {
                consumed = plainEnd;
                afterSpace = false;
                if (consumed == input.Length) break;
            }

            int length = Prefix(input[consumed..], out ReadOnlySpan<byte> text);
            while (afterSpace && text.Length > 0 && text[0] == ' ') text = text[1..];
            if (!text.IsEmpty)
            {
                Append(text, consumed);
                afterSpace = text[^1] == ' ';
            }

            consumed += length;
            if (!model.RemoveExtraWhiteSpace) afterSpace = false;
        }

        return consumed;
    }

    // Copies plain characters and single spaces between them, up to the first place where the map has to be asked.
    private int CopyPlain(ReadOnlySpan<byte> input, int from)
    {
        Reserve(3 * (input.Length - from));
        int written = Length, i = from;
        Span<byte> bytes = _bytes;
        Span<int> origins = _origins;
        ReadOnlySpan<bool> plain = _plain;
        bool spaces = model.EscapeWhiteSpace && plain[' '];
        for (; i + 1 < input.Length && plain[input[i]] && input[i + 1] < 128; i++)
        {
            byte current = input[i];
            if (current != ' ')
            {
                bytes[written] = current;
                origins[written++] = i;
                continue;
            }

            if (!spaces || i == from || input[i + 1] == ' ' || !plain[input[i + 1]]) break;
            SpaceSymbol.CopyTo(bytes[written..]);
            origins.Slice(written, SpaceSymbol.Length).Fill(i);
            written += SpaceSymbol.Length;
        }

        // A space at the end leaves it to the caller to remember that there was one.
        if (i > from && input[i - 1] == ' ')
        {
            i--;
            written -= SpaceSymbol.Length;
        }

        Length = written;
        return i;
    }

    private int TrimEnd(int consumed)
    {
        ReadOnlySpan<byte> space = model.EscapeWhiteSpace ? SpaceSymbol : " "u8;
        while (Bytes.EndsWith(space))
        {
            Length -= space.Length;
            consumed = _origins[Length];
        }

        return consumed;
    }

    // What one step of normalization reads (its length is returned) and writes.
    private int Prefix(ReadOnlySpan<byte> input, out ReadOnlySpan<byte> text)
    {
        if (!userDefined.IsEmpty)
        {
            int symbol = userDefined.LongestPrefix(input, out _);
            if (symbol > 0)
            {
                text = input[..symbol];
                return symbol;
            }
        }

        int length = 0;
        text = default;
        if (model.Map is not null) length = model.Map.Longest(input, out text);
        if (length > 0) return length;
        if (input[0] < 128 || Rune.DecodeFromUtf8(input, out _, out length) == OperationStatus.Done)
        {
            length = Math.Max(length, 1);
            text = input[..length];
            return length;
        }

        // One byte that is no character.
        text = ReplacementBytes;
        return 1;
    }

    private void Append(ReadOnlySpan<byte> text, int origin)
    {
        foreach (byte b in text)
        {
            if (b == ' ' && model.EscapeWhiteSpace)
            {
                AppendSpace(origin);
                continue;
            }

            Reserve(1);
            _bytes[Length] = b;
            _origins[Length++] = origin;
        }
    }

    private void AppendSpace(int origin)
    {
        ReadOnlySpan<byte> symbol = model.EscapeWhiteSpace ? SpaceSymbol : " "u8;
        Reserve(symbol.Length);
        foreach (byte b in symbol)
        {
            _bytes[Length] = b;
            _origins[Length++] = origin;
        }
    }

    private static bool[] MakePlain(SentencePieceModel model, PieceTrie userDefined)
    {
        bool[] plain = new bool[256];
        for (int c = ' '; c < 127; c++)
        {
            int node = PieceTrie.Root;
            plain[c] = (model.Map is null || model.Map.IsPlainAscii((byte)c)) && !userDefined.Step(ref node, (byte)c, out _);
        }

        return plain;
    }

    private void Reserve(int count)
    {
        if (Length + count <= _bytes.Length) return;
        Array.Resize(ref _bytes, Math.Max(Length + count, 2 * _bytes.Length));
        Array.Resize(ref _origins, _bytes.Length + 1);
    }
}
