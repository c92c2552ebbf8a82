namespace Graft.Objectives;

/// <summary>
/// What corrupting a sequence needs to know of its vocabulary: the mask, what is never chosen, and which pieces go on a word.
/// </summary>
internal sealed class MaskingVocabulary
{
    private readonly bool[] _special;
    private readonly bool[] _continues;

    /// <summary>A vocabulary of <paramref name="size"/> tokens.</summary>
    /// <param name="size">Number of tokens; a random replacement is drawn from all of them.</param>
    /// <param name="maskId">The id of [MASK].</param>
    /// <param name="specialIds">Never chosen: [CLS], [SEP], [PAD] and their like.</param>
    /// <param name="continuesWord">True for the pieces that go on the word before them (<c>##ing</c>).</param>
    /// <exception cref="InputException">An id lies outside the vocabulary.</exception>
    public MaskingVocabulary(int size, int maskId, IEnumerable<int> specialIds, Func<int, bool> continuesWord)
    {
        ArgumentNullException.ThrowIfNull(specialIds);
        ArgumentNullException.ThrowIfNull(continuesWord);
        Size = size;
        MaskId = Inside(maskId, "the mask token");
        _special = new bool[size];
        _continues = new bool[size];
        for (int id = 0; id < size; id++) _continues[id] = continuesWord(id);
        foreach (int id in specialIds) _special[Inside(id, "a special token")] = true;
        _special[maskId] = true;
    }

    /// <summary>Number of tokens.</summary>
    public int Size { get; }

    /// <summary>The id of [MASK].</summary>
    public int MaskId { get; }

    /// <summary>True for tokens that are never chosen.</summary>
    public bool IsSpecial(int id) => _special[id];

    /// <summary>True for a piece that belongs to the word of the piece before it.</summary>
    public bool ContinuesWord(int id) => _continues[id];

    /// <summary>
    /// The words of a sequence in order: a piece that may be chosen with the continuing pieces behind it. Specials belong to no word, and a
    /// word cut by the sequence's start is a word.
    /// <code>[CLS] un ##believ ##able ! [SEP] → (1, 3) (4, 1)</code>
    /// </summary>
    public List<Word> Words(ReadOnlySpan<int> ids)
    {
        List<Word> words = new(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            if (_special[ids[i]]) continue;
            int start = i;
            while (i + 1 < ids.Length && _continues[ids[i + 1]] && !_special[ids[i + 1]]) i++;
            words.Add(new Word(start, i + 1 - start));
        }

        return words;
    }

    private int Inside(int id, string what) =>
        id >= 0 && id < Size
            ? id
            : throw new InputException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{what} has id {id}, which the vocabulary of {Size} tokens does not have"
                )
            );
}

/// <summary>A word's place in a sequence.</summary>
/// <param name="Start">Index of its first piece.</param>
/// <param name="Length">Number of pieces.</param>
public readonly record struct Word(int Start, int Length)
{
    /// <summary>The index behind its last piece.</summary>
    public int End => Start + Length;
}
