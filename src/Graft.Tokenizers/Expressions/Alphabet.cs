using System.Runtime.InteropServices;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Expressions;

/// <summary>
/// The code points as an expression tells them apart: two that are in the same of its sets are the same letter. An expression has a
/// handful of letters, so what it does with each can be looked up in a table.
/// </summary>
internal sealed class Alphabet
{
    private const int MostLetters = 250;
    private const int PlaneSize = 0x10000;

    private readonly byte[] _plane = new byte[PlaneSize];
    private readonly List<(int First, byte Letter)> _beyond = [];
    private readonly List<bool[]> _members = [];

    /// <summary>Makes the letters that tell some sets apart.</summary>
    public Alphabet(IReadOnlyList<CodePointSet> sets)
    {
        SortedSet<int> borders = [0, PlaneSize];
        foreach (CodePointSet set in sets)
        {
            foreach ((int first, int last) in set.Ranges)
            {
                borders.Add(first);
                borders.Add(last + 1);
            }
        }

        borders.Add(CodePoint.Max + 1);
        Dictionary<string, byte> known = [];
        int[] starts = [.. borders];
        for (int i = 0; i + 1 < starts.Length; i++)
        {
            byte letter = LetterOf(starts[i], sets, known);
            if (starts[i] < PlaneSize) _plane.AsSpan(starts[i]..starts[i + 1]).Fill(letter);
            else _beyond.Add((starts[i], letter));
        }
    }

    /// <summary>The number of letters; this number itself stands for the end of the text.</summary>
    public int Count => _members.Count;

    /// <summary>Whether a letter's code points are in a set; those of the end are in none.</summary>
    public bool IsIn(int letter, int set) => letter < Count && _members[letter][set];

    /// <summary>The letters of a text, one a UTF-16 unit: both units of a pair have the pair's.</summary>
    public void Read(ReadOnlySpan<char> text, Span<byte> letters)
    {
        for (int i = 0; i < text.Length; i++)
        {
            letters[i] = _plane[text[i]];
            if (!char.IsSurrogate(text[i])) continue;
            letters[i] = LetterOf(Utf16.At(text, i, out int length));
            if (length == 2) letters[i + 1] = letters[i++];
        }
    }

    private byte LetterOf(int codePoint)
    {
        if (codePoint < PlaneSize) return _plane[codePoint];
        int index = CollectionsMarshal.AsSpan(_beyond).BinarySearch((codePoint, byte.MaxValue), s_byFirst);
        return _beyond[index < 0 ? ~index - 1 : index].Letter;
    }

    private static readonly Comparer<(int First, byte Letter)> s_byFirst = Comparer<(int First, byte Letter)>.Create(
        (left, right) => left.First.CompareTo(right.First)
    );

    private byte LetterOf(int codePoint, IReadOnlyList<CodePointSet> sets, Dictionary<string, byte> known)
    {
        bool[] members = [.. sets.Select(set => set.Contains(codePoint))];
        string key = string.Concat(members.Select(isMember => isMember ? '1' : '0'));
        if (known.TryGetValue(key, out byte letter)) return letter;
        if (known.Count == MostLetters) throw new ExpressionException("it has too many different sets of characters");
        known.Add(key, letter = (byte)known.Count);
        _members.Add(members);
        return letter;
    }
}
