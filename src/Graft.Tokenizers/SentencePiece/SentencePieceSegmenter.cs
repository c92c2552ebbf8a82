namespace Graft.Tokenizers.SentencePiece;

/// <summary>A piece found in normalized text: its id and its bytes.</summary>
internal readonly record struct Segment(int Id, int Start, int End);

/// <summary>
/// Cuts normalized text into pieces: the four algorithms of SentencePiece. One instance serves one thread and keeps its memory.
/// </summary>
internal abstract class SentencePieceSegmenter(SentencePieceVocabulary vocabulary)
{
    protected SentencePieceVocabulary Vocabulary => vocabulary;

    /// <summary>Replaces the contents of <paramref name="output"/> by the segments of the text, which cover it without gaps.</summary>
    public abstract void Segment(ReadOnlySpan<byte> text, List<Segment> output);

    public static SentencePieceSegmenter Create(SentencePieceVocabulary vocabulary) => vocabulary.Model.Kind switch
    {
        SentencePieceKind.Unigram => new UnigramSegmenter(vocabulary),
        SentencePieceKind.Bpe => new BpeSegmenter(vocabulary),
        SentencePieceKind.Word => new WordSegmenter(vocabulary),
        _ => new CharacterSegmenter(vocabulary),
    };

    /// <summary>The length of the character at a place, by its first byte alone, not past the end.</summary>
    protected static int CharacterLength(ReadOnlySpan<byte> text, int at)
    {
        int length = text[at] switch
        {
            < 0xC0 => 1,
            < 0xE0 => 2,
            < 0xF0 => 3,
            _ => 4,
        };
        return Math.Min(length, text.Length - at);
    }

    /// <summary>The length of the user-defined piece at a place, or that of the character there.</summary>
    protected int UnitLength(ReadOnlySpan<byte> text, int at, out bool userDefined)
    {
        int length = vocabulary.UserDefined.IsEmpty ? 0 : vocabulary.UserDefined.LongestPrefix(text[at..], out _);
        userDefined = length > 0;
        return userDefined ? length : CharacterLength(text, at);
    }
}

/// <summary>Every character, or user-defined piece, by itself.</summary>
internal sealed class CharacterSegmenter(SentencePieceVocabulary vocabulary) : SentencePieceSegmenter(vocabulary)
{
    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        output.Clear();
        for (int start = 0; start < text.Length;)
        {
            int end = start + UnitLength(text, start, out _);
            output.Add(new(Vocabulary.Find(text[start..end]), start, end));
            start = end;
        }
    }
}

/// <summary>Words between white space, the ▁ before (or, where the model says so, after) its word.</summary>
internal sealed class WordSegmenter(SentencePieceVocabulary vocabulary) : SentencePieceSegmenter(vocabulary)
{
    public override void Segment(ReadOnlySpan<byte> text, List<Segment> output)
    {
        output.Clear();
        bool suffix = Vocabulary.Model.WhiteSpaceAsSuffix;
        int wordStart = 0;
        for (int i = 0; i < text.Length;)
        {
            bool isSpace = text[i..].StartsWith("\u2581"u8);
            int next = i + CharacterLength(text, i);
            if (isSpace && !suffix && i > wordStart) AddWord(text, i);
            if (isSpace && suffix) AddWord(text, next);
            i = next;
        }

        if (wordStart < text.Length) AddWord(text, text.Length);

        void AddWord(ReadOnlySpan<byte> text, int end)
        {
            output.Add(new(Vocabulary.Find(text[wordStart..end]), wordStart, end));
            wordStart = end;
        }
    }
}
