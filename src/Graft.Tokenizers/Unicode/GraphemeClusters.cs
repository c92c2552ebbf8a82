namespace Graft.Tokenizers.Unicode;

/// <summary>Grapheme_Cluster_Break; the order is that of build/UnicodeTables/Generate.cs.</summary>
internal enum GraphemeBreak
{
    Any,
    CarriageReturn,
    LineFeed,
    Control,
    Extend,
    ZeroWidthJoiner,
    RegionalIndicator,
    Prepend,
    SpacingMark,
    HangulLead,
    HangulVowel,
    HangulTrail,
    HangulLeadVowel,
    HangulLeadVowelTrail,
}

/// <summary>
/// Finds extended grapheme clusters (Unicode Standard Annex 29, Unicode 17.0) in one pass: feed it the code points of a text in order;
/// each answer says whether a cluster starts there. A value type without allocation; <c>default</c> is the start of a text.
/// </summary>
internal struct GraphemeClusters
{
    private GraphemeBreak _previous;
    private bool _started;
    private bool _oddRegionalIndicators;

    // How far a pictograph, extenders, joiner (GB11) and a consonant, extenders with a linker among them (GB9c) have been seen.
    private bool _pictograph;
    private bool _pictographAndJoiner;
    private bool _consonant;
    private bool _consonantAndLinker;

    /// <summary>True when a cluster boundary lies before this code point; always true for the first one.</summary>
    public bool StartsCluster(int codePoint)
    {
        if (_started && IsPlain(codePoint) && _previous == GraphemeBreak.Any)
        {
            // Letters after letters, the usual case; conjuncts and pictographs are rare enough to be reset here.
            Forget();
            return true;
        }

        GraphemeBreak current = CodePoint.Break(codePoint);
        bool boundary = !_started || IsBoundary(current, codePoint);
        Remember(current, codePoint);
        return boundary;
    }

    // Below U+0300 nothing extends, joins or takes part in a conjunct except © and ®, which only start something.
    private static bool IsPlain(int codePoint) => codePoint is >= 0x20 and < 0x7F;

    private void Forget() => _pictograph = _pictographAndJoiner = _consonant = _consonantAndLinker = _oddRegionalIndicators = false;

    private readonly bool IsBoundary(GraphemeBreak current, int codePoint)
    {
        if (_previous == GraphemeBreak.CarriageReturn && current == GraphemeBreak.LineFeed) return false;
        if (_previous is GraphemeBreak.Control or GraphemeBreak.CarriageReturn or GraphemeBreak.LineFeed) return true;
        if (current is GraphemeBreak.Control or GraphemeBreak.CarriageReturn or GraphemeBreak.LineFeed) return true;
        if (JoinsHangul(current)) return false;
        if (current is GraphemeBreak.Extend or GraphemeBreak.ZeroWidthJoiner or GraphemeBreak.SpacingMark) return false;
        if (_previous == GraphemeBreak.Prepend) return false;
        if (_consonantAndLinker && CodePoint.IsConjunctConsonant(codePoint)) return false;
        if (_pictographAndJoiner && CodePoint.IsPictographic(codePoint)) return false;
        return !(current == GraphemeBreak.RegionalIndicator && _oddRegionalIndicators);
    }

    private readonly bool JoinsHangul(GraphemeBreak current) => _previous switch
    {
        GraphemeBreak.HangulLead => current is GraphemeBreak.HangulLead or GraphemeBreak.HangulVowel
            or GraphemeBreak.HangulLeadVowel or GraphemeBreak.HangulLeadVowelTrail,
        GraphemeBreak.HangulLeadVowel or GraphemeBreak.HangulVowel => current is GraphemeBreak.HangulVowel or GraphemeBreak.HangulTrail,
        GraphemeBreak.HangulLeadVowelTrail or GraphemeBreak.HangulTrail => current == GraphemeBreak.HangulTrail,
        _ => false,
    };

    private void Remember(GraphemeBreak current, int codePoint)
    {
        bool extends = current is GraphemeBreak.Extend or GraphemeBreak.ZeroWidthJoiner;
        _pictographAndJoiner = _pictograph && current == GraphemeBreak.ZeroWidthJoiner;
        _pictograph = CodePoint.IsPictographic(codePoint) || (_pictograph && current == GraphemeBreak.Extend);
        _consonantAndLinker =
            _consonant && extends && codePoint != 0x200C && (_consonantAndLinker || CodePoint.IsConjunctLinker(codePoint));
        _consonant = CodePoint.IsConjunctConsonant(codePoint) || (_consonant && extends && codePoint != 0x200C);
        _oddRegionalIndicators = current == GraphemeBreak.RegionalIndicator && !_oddRegionalIndicators;
        _previous = current;
        _started = true;
    }
}
