namespace Graft.Tokenizers.Text;

/// <summary>A stretch of normalized text that the model encodes by itself, or one that is an added token already.</summary>
/// <param name="Start">The first unit of the normalized text.</param>
/// <param name="End">One past the last unit.</param>
/// <param name="TokenId">The added token, or −1.</param>
internal readonly record struct Piece(int Start, int End, int TokenId = -1)
{
    public bool IsToken => TokenId >= 0;
}

/// <summary>What happens to a delimiter when a text is split at it.</summary>
internal enum SplitBehavior
{
    /// <summary>It is dropped.</summary>
    Removed,

    /// <summary>It is a piece of its own.</summary>
    Isolated,

    /// <summary>It ends the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>It begins the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring delimiters are one piece.</summary>
    Contiguous,
}

/// <summary>The pieces of a normalized text, in order. Pre-tokenizers refine them.</summary>
internal sealed class PieceList
{
    private readonly record struct Segment(int Start, int End, bool IsMatch);

    private readonly List<TextRange> _matches = [];
    private readonly List<Segment> _segments = [];
    private List<Piece> _pieces = [];
    private List<Piece> _next = [];

    /// <summary>The text the pieces are ranges of.</summary>
    public NormalizedText Text { get; } = new();

    /// <summary>The pieces as they are now.</summary>
    public List<Piece> Pieces => _pieces;

    /// <summary>Makes the whole text one piece.</summary>
    public void Reset()
    {
        _pieces.Clear();
        if (Text.Length > 0) _pieces.Add(new(0, Text.Length));
    }

    /// <summary>Adds a piece to the list that <see cref="Commit"/> will make the current one.</summary>
    public void Add(Piece piece)
    {
        if (piece.Start < piece.End) _next.Add(piece);
    }

    /// <summary>Replaces the pieces by those added since.</summary>
    public void Commit()
    {
        (_pieces, _next) = (_next, _pieces);
        _next.Clear();
    }

    /// <summary>Copies a piece unchanged into the running rewrite of the text.</summary>
    public void Copy(Piece piece)
    {
        int start = Text.Written;
        Text.AppendOld(piece.Start, piece.End);
        Add(piece with { Start = start, End = Text.Written });
    }

    /// <summary>Replaces a unit by another in every piece that is not a token.</summary>
    public void ReplaceUnit(char old, char replacement)
    {
        foreach (Piece piece in _pieces)
        {
            if (!piece.IsToken) Text.EditUnits()[piece.Start..piece.End].Replace(old, replacement);
        }
    }

    /// <summary>
    /// Puts a unit before every piece that does not begin with it and is not a token; it shares the place of the first character. With
    /// <paramref name="onlyFirst"/> only where the original text begins.
    /// </summary>
    public void Prepend(char unit, bool onlyFirst = false)
    {
        Text.BeginRewrite();
        foreach (Piece piece in _pieces)
        {
            if (piece.IsToken || Text.Units[piece.Start] == unit || (onlyFirst && !BeginsOriginal(piece)))
            {
                Copy(piece);
                continue;
            }

            int start = Text.Written;
            Text.Append(unit, Text.Sources[piece.Start]);
            Text.AppendOld(piece.Start, piece.End);
            Add(new(start, Text.Written));
        }

        Text.EndRewrite();
        Commit();
    }

    /// <summary>Writes every piece that is not a token in byte-level characters.</summary>
    public void WriteBytes()
    {
        Text.BeginRewrite();
        foreach (Piece piece in _pieces)
        {
            if (piece.IsToken)
            {
                Copy(piece);
                continue;
            }

            int start = Text.Written;
            Text.AppendBytes(piece.Start, piece.End);
            Add(new(start, Text.Written));
        }

        Text.EndRewrite();
        Commit();
    }

    private bool BeginsOriginal(Piece piece) => (piece.Start == 0 ? Text.Origin : Text.Sources[piece.Start].Start) == 0;

    /// <summary>
    /// Splits every piece that is not a token at the matches of a pattern; with <paramref name="invert"/>, at what lies between them.
    /// </summary>
    public void Split(Pattern pattern, SplitBehavior behavior, bool invert = false)
    {
        foreach (Piece piece in _pieces)
        {
            if (piece.IsToken)
            {
                Add(piece);
                continue;
            }

            FindSegments(pattern, piece, invert);
            AddSegments(behavior);
        }

        Commit();
    }

    private void FindSegments(Pattern pattern, Piece piece, bool invert)
    {
        _segments.Clear();
        ReadOnlySpan<char> text = Text.Units[piece.Start..piece.End];
        _matches.Clear();
        pattern.FindAll(text, _matches);
        int end = 0;
        foreach (TextRange match in _matches)
        {
            if (end < match.Start) _segments.Add(new(piece.Start + end, piece.Start + match.Start, invert));
            _segments.Add(new(piece.Start + match.Start, piece.Start + match.End, !invert));
            end = match.End;
        }

        if (end < text.Length) _segments.Add(new(piece.Start + end, piece.End, invert));
    }

    private void AddSegments(SplitBehavior behavior)
    {
        int start = -1;
        for (int i = 0; i < _segments.Count; i++)
        {
            Segment segment = _segments[i];
            if (start < 0) start = segment.Start;
            if (JoinsNext(behavior, i)) continue;
            if (behavior != SplitBehavior.Removed || !segment.IsMatch) Add(new(start, segment.End));
            start = -1;
        }
    }

    // Whether segment i and the one after it are one piece.
    private bool JoinsNext(SplitBehavior behavior, int i)
    {
        if (i + 1 == _segments.Count) return false;
        bool isMatch = _segments[i].IsMatch;
        bool nextIsMatch = _segments[i + 1].IsMatch;
        return behavior switch
        {
            SplitBehavior.MergedWithPrevious => !isMatch && nextIsMatch,
            SplitBehavior.MergedWithNext => isMatch && !nextIsMatch,
            SplitBehavior.Contiguous => isMatch == nextIsMatch,
            _ => false,
        };
    }
}
