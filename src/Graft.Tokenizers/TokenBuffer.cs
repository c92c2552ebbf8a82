using System.Runtime.CompilerServices;

namespace Graft.Tokenizers;

/// <summary>
/// The tokens of one text in memory the caller owns and uses again: after the first few texts encoding into it allocates nothing.
/// Not for use by two threads at a time.
/// </summary>
public sealed class TokenBuffer
{
    private readonly bool _withOffsets;
    private int[] _ids;
    private TextRange[] _offsets = [];
    private int[] _words = [];

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="withOffsets">Whether <see cref="Offsets"/> and <see cref="WordIds"/> are recorded beside the ids.</param>
    /// <param name="capacity">The number of tokens to make room for.</param>
    public TokenBuffer(bool withOffsets = false, int capacity = 64)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacity);
        _withOffsets = withOffsets;
        _ids = new int[Math.Max(capacity, 16)];
        if (withOffsets) ResizeOffsets();
    }

    /// <summary>The number of tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The tokens' ids.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>The range of the text each token stands for, in UTF-16 units; empty when they are not recorded.</summary>
    public ReadOnlySpan<TextRange> Offsets => _withOffsets ? _offsets.AsSpan(0, Count) : [];

    /// <summary>The word each token belongs to, −1 for special tokens that were added; empty when they are not recorded.</summary>
    public ReadOnlySpan<int> WordIds => _withOffsets ? _words.AsSpan(0, Count) : [];

    /// <summary>Whether offsets and words are recorded.</summary>
    public bool WithOffsets => _withOffsets;

    /// <summary>The texts of tokens where they are not the vocabulary's, by index; null when nobody will ask.</summary>
    internal Dictionary<int, string>? Surfaces { get; init; }

    /// <summary>The number of words so far.</summary>
    internal int WordCount { get; set; }

    /// <summary>The offsets, to be changed.</summary>
    internal Span<TextRange> EditableOffsets => _offsets.AsSpan(0, _withOffsets ? Count : 0);

    /// <summary>Empties the buffer.</summary>
    public void Clear()
    {
        Count = 0;
        WordCount = 0;
        Surfaces?.Clear();
    }

    /// <summary>Takes back all but the first tokens and words.</summary>
    internal void CutTo(int tokens, int words)
    {
        for (int i = tokens; Surfaces is not null && i < Count; i++) Surfaces.Remove(i);
        Count = tokens;
        WordCount = words;
    }

    /// <summary>
    /// Keeps, of the tokens from <paramref name="first"/> on keeps <paramref name="count"/>, cutting the others off at a side.
    /// </summary>
    internal void Keep(int first, int count, Side cutSide)
    {
        int dropped = cutSide == Side.Left ? Count - first - count : 0;
        _ids.AsSpan(first + dropped, count).CopyTo(_ids.AsSpan(first));
        if (_withOffsets)
        {
            _offsets.AsSpan(first + dropped, count).CopyTo(_offsets.AsSpan(first));
            _words.AsSpan(first + dropped, count).CopyTo(_words.AsSpan(first));
        }

        Count = first + count;
    }

    /// <summary>Makes sure that <paramref name="more"/> tokens can follow without growing.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Reserve(int more)
    {
        if (_ids.Length - Count < more) Grow(more);
    }

    /// <summary>Appends a token; there must be room for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void AddReserved(int id, int start, int end, int word)
    {
        _ids[Count] = id;
        if (_withOffsets)
        {
            _offsets[Count] = new(start, end);
            _words[Count] = word;
        }

        Count++;
    }

    internal void Add(int id, int start, int end, int word, string? surface = null)
    {
        Reserve(1);
        if (surface is not null && Surfaces is not null) Surfaces[Count] = surface;
        AddReserved(id, start, end, word);
    }

    /// <summary>Appends special tokens.</summary>
    internal void AddSpecial(ReadOnlySpan<int> ids)
    {
        Reserve(ids.Length);
        foreach (int id in ids) AddReserved(id, 0, 0, -1);
    }

    private void Grow(int more)
    {
        Array.Resize(ref _ids, Math.Max(checked(Count + more), 2 * _ids.Length));
        if (_withOffsets) ResizeOffsets();
    }

    private void ResizeOffsets()
    {
        Array.Resize(ref _offsets, _ids.Length);
        Array.Resize(ref _words, _ids.Length);
    }
}
