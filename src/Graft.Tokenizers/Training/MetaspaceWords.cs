using System.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Training;

/// <summary>NFKC, then a word from every ▁ to the next, ▁ being white space: <c>a b</c> → <c>▁a</c> <c>▁b</c>.</summary>
internal sealed class MetaspaceWords : WordSplitter
{
    private static ReadOnlySpan<byte> Mark => "\u2581"u8;

    private const int LongestWord = 4096;

    private readonly List<int> _codePoints = [];
    private byte[] _text = new byte[256];
    private int _length;

    public override void Count(ReadOnlySpan<byte> item, WordCounter counter)
    {
        if (item.IsEmpty) return;
        Normalize(item);
        ReadOnlySpan<byte> text = _text.AsSpan(0, _length);
        while (!text.IsEmpty)
        {
            int next = text[1..].IndexOf(Mark);
            int end = next < 0 ? text.Length : next + 1;
            if (end > LongestWord)
            {
                // A line without any space: parts of it, so that the lattice of a word stays small.
                end = LongestWord;
                while ((text[end] & 0xC0) == 0x80) end--;
            }

            counter.Add(text[..end]);
            text = text[end..];
        }
    }

    // The text with ▁ for spaces and in front, unless it begins with one.
    private void Normalize(ReadOnlySpan<byte> item)
    {
        if (_text.Length < 3 * item.Length + 3) _text = new byte[3 * item.Length + 3];
        _length = 0;
        if (Ascii.IsValid(item))
        {
            if (item[0] != ' ') AppendMark();
            foreach (byte b in item)
            {
                if (b == ' ') AppendMark();
                else _text[_length++] = b;
            }

            return;
        }

        _codePoints.Clear();
        for (int i = 0; i < item.Length;)
        {
            _codePoints.Add(Decode(item[i..], out int length));
            i += length;
        }

        NormalForms.ComposeCompatibility(_codePoints);
        if (_text.Length < 4 * _codePoints.Count + 3) _text = new byte[4 * _codePoints.Count + 3];
        if (_codePoints[0] is not (' ' or 0x2581)) AppendMark();
        foreach (int codePoint in _codePoints)
        {
            if (codePoint == ' ') AppendMark();
            else _length += new Rune(codePoint).EncodeToUtf8(_text.AsSpan(_length));
        }
    }

    private void AppendMark()
    {
        Mark.CopyTo(_text.AsSpan(_length));
        _length += Mark.Length;
    }
}
