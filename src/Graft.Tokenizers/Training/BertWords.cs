using System.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Training;

/// <summary>BERT's cleaning, accent stripping, lower-casing and splitting, straight to UTF-8 words.</summary>
internal sealed class BertWords(bool cleanText, bool splitIdeographs, bool stripAccents, bool lowerCase) : WordSplitter
{
    // What an ASCII byte is to a word: part of it (as which byte), its end, a word of its own, or nothing.
    private const ushort End = 256, Alone = 257, Dropped = 258;
    private readonly ushort[] _ascii = MakeAsciiTable(cleanText, lowerCase);
    private readonly int[] _decomposition = new int[NormalForms.MaxDecomposition];
    private byte[] _word = new byte[256];
    private int _length;

    public override void Count(ReadOnlySpan<byte> item, WordCounter counter)
    {
        if (_word.Length < 8 * item.Length + 64) _word = new byte[8 * item.Length + 64];
        _length = 0;
        for (int i = 0; i < item.Length;)
        {
            byte first = item[i];
            if (first < 128)
            {
                i++;
                ushort action = _ascii[first];
                if (action < End) _word[_length++] = (byte)action;
                else if (action != Dropped) EndWord(counter, action == Alone ? first : 0);
                continue;
            }

            Add(Decode(item[i..], out int length), counter);
            i += length;
        }

        EndWord(counter, 0);
    }

    private void Add(int codePoint, WordCounter counter)
    {
        if (cleanText && (codePoint == CodePoint.Replacement || CodePoint.IsOther(codePoint))) return;
        if (splitIdeographs && CodePoint.IsIdeograph(codePoint))
        {
            EndWord(counter, 0);
            AddNormalized(codePoint, counter);
            EndWord(counter, 0);
            return;
        }

        AddNormalized(codePoint, counter);
    }

    // NFD also sorts marks by combining class. Nearly all that have a class are dropped here, so the order is left as it is.
    private void AddNormalized(int codePoint, WordCounter counter)
    {
        if (!stripAccents)
        {
            AddLower(codePoint, counter);
            return;
        }

        int count = NormalForms.Decompose(codePoint, compatibility: false, _decomposition);
        for (int i = 0; i < count; i++)
        {
            if (!CodePoint.IsNonspacingMark(_decomposition[i])) AddLower(_decomposition[i], counter);
        }
    }

    private void AddLower(int codePoint, WordCounter counter)
    {
        if (lowerCase)
        {
            codePoint = CodePoint.ToLower(codePoint, out int second);
            if (second != 0)
            {
                Append(codePoint, counter);
                codePoint = second;
            }
        }

        Append(codePoint, counter);
    }

    private void Append(int codePoint, WordCounter counter)
    {
        if (CodePoint.IsWhiteSpace(codePoint)) EndWord(counter, 0);
        else if (CodePoint.IsPunctuation(codePoint)) EndWord(counter, codePoint);
        else _length += new Rune(codePoint).EncodeToUtf8(_word.AsSpan(_length));
    }

    private void EndWord(WordCounter counter, int alone)
    {
        if (_length > 0) counter.Add(_word.AsSpan(0, _length));
        _length = 0;
        if (alone == 0) return;
        int length = new Rune(alone).EncodeToUtf8(_word);
        counter.Add(_word.AsSpan(0, length));
    }

    private static ushort[] MakeAsciiTable(bool cleanText, bool lowerCase)
    {
        ushort[] table = new ushort[128];
        for (int c = 0; c < 128; c++)
        {
            bool dropped = cleanText && CodePoint.IsOther(c) && c is not ('\t' or '\n' or '\r');
            if (dropped) table[c] = Dropped;
            else if (CodePoint.IsWhiteSpace(c)) table[c] = End;
            else if (CodePoint.IsPunctuation(c)) table[c] = Alone;
            else table[c] = (ushort)(lowerCase ? CodePoint.ToLower(c, out _) : c);
        }

        return table;
    }
}
