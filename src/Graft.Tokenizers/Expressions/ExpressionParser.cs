using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Expressions;

/// <summary>
/// Reads an expression as Oniguruma, the reference's engine, does. What would need memory of the text already matched (back references) or
/// a search of its own (atomic groups around more than a repeated character) is refused, as it cannot be run in linear time.
/// </summary>
internal sealed class ExpressionParser
{
    private const int MostNested = 100;

    private static readonly CodePointSet s_lineFeed = CodePointSet.Of('\n');
    private static readonly CodePointSet s_notLineFeed = s_lineFeed.Negate();

    private readonly ExpressionReader _reader;
    private int _depth;

    private readonly record struct Options(bool IgnoreCase, bool DotIsAll, bool SkipSpace);

    private ExpressionParser(string expression) => _reader = new(expression);

    /// <summary>Reads a whole expression.</summary>
    /// <exception cref="ExpressionException">It is not well formed or not supported.</exception>
    public static Node Parse(string expression)
    {
        ExpressionParser parser = new(expression);
        Node node = parser.ReadChoice(default);
        return parser._reader.IsAtEnd ? node : throw parser._reader.Error("\")\" has no \"(\"");
    }

    private Node ReadChoice(Options options)
    {
        if (++_depth > MostNested) throw _reader.Error("groups are nested too deeply");
        List<Node> alternatives = [ReadSequence(options)];
        while (_reader.Take("|")) alternatives.Add(ReadSequence(options));
        _depth--;
        return alternatives.Count == 1 ? alternatives[0] : new Choice(alternatives);
    }

    private Node ReadSequence(Options options)
    {
        List<Node> parts = [];
        List<int> letters = [];
        while (!_reader.IsAtEnd && _reader.Peek() is not ('|' or ')'))
        {
            if (SkipComment(options)) continue;
            Node part = ReadPart(options, out int letter);
            Node repeated = ReadRepeats(part, options);

            // Where case is ignored, letters in a row may be one in the other case.
            bool isInRow = options.IgnoreCase && letter >= 0 && ReferenceEquals(part, repeated);
            if (isInRow) letters.Add(letter);
            else AddLetters();
            if (!isInRow) parts.Add(repeated);
        }

        AddLetters();
        return parts.Count == 1 ? parts[0] : new Sequence(parts);

        void AddLetters()
        {
            parts.AddRange(CaseFolding.Of(letters));
            letters.Clear();
        }
    }

    private bool SkipComment(Options options)
    {
        if (_reader.Take("(?#"))
        {
            _reader.Until(")");
            return true;
        }

        if (!options.SkipSpace || !(_reader.Peek() is '#' || char.IsWhiteSpace(_reader.Peek()))) return false;
        bool isComment = _reader.Next() == '#';
        while (isComment && !_reader.IsAtEnd && _reader.Next() != '\n')
        {
        }

        return true;
    }

    private Node ReadPart(Options options, out int letter)
    {
        letter = -1;
        int codePoint = _reader.Next();
        switch (codePoint)
        {
            case '(': return ReadGroup(options);
            case '[': return BracketParser.Read(_reader, options.IgnoreCase);
            case '.': return new Characters(options.DotIsAll ? CodePointSet.Everything : s_notLineFeed);

            // At the beginning, or after a line feed that is not the last character.
            case '^':
                return new Choice([
                    Node.Unless(CodePointSet.Everything, ahead: false),
                    new Sequence([
                        new Look(new Characters(s_lineFeed), IsAhead: false, IsNegated: false),
                        new Look(new Characters(CodePointSet.Everything), IsAhead: true, IsNegated: false),
                    ]),
                ]);
            case '$': return Node.Unless(s_notLineFeed);
            case '\\': return ReadEscape(options, out letter);
            case '*' or '+' or '?': throw _reader.Error("there is nothing to repeat");
            default: return Letter(letter = codePoint, options);
        }
    }

    private Node Letter(int letter, Options options)
    {
        if (letter is < 0 or > CodePoint.Max) throw _reader.Error("a character has no such number");
        if (!options.IgnoreCase) return new Characters(CodePointSet.Of(letter));
        Node[] folded = [.. CaseFolding.Of([letter])];
        return folded.Length == 1 ? folded[0] : new Sequence(folded);
    }

    private Node ReadEscape(Options options, out int letter)
    {
        letter = -1;
        if (Escapes.ReadSet(_reader, inBrackets: false) is CodePointSet set) return new Characters(set);
        char kind = _reader.Peek();
        Node? node = kind switch
        {
            'b' => WordBoundary(isNegated: false),
            'B' => WordBoundary(isNegated: true),
            'A' => Node.Unless(CodePointSet.Everything, ahead: false),
            'z' => Node.Unless(CodePointSet.Everything),
            'Z' => new Look(
                new Sequence([new Repeat(new Characters(s_lineFeed), 0, 1, IsLazy: false), Node.Unless(CodePointSet.Everything)]),
                IsAhead: true,
                IsNegated: false
            ),
            'N' => new Characters(s_notLineFeed),
            'O' => new Characters(CodePointSet.Everything),
            'R' => LineBreak(),
            'G'
            or 'K'
            or 'X'
            or 'y'
            or 'Y'
            or 'k'
            or 'g'
            or (>= '1' and <= '9') when !(kind is >= '1' and <= '7' && _reader.Peek(1) is >= '0' and <= '7') => throw _reader.Error(
                $"\\{kind} is not supported"
            ),
            _ => null,
        };
        if (node is null) return Letter(letter = Escapes.ReadCharacter(_reader), options);
        _reader.Next();
        return node;
    }

    private static Choice WordBoundary(bool isNegated)
    {
        Look After(bool not) => new(new Characters(NamedSets.Word), IsAhead: false, not);
        Look Before(bool not) => new(new Characters(NamedSets.Word), IsAhead: true, not);
        return new([new Sequence([After(false), Before(!isNegated)]), new Sequence([After(true), Before(isNegated)])]);
    }

    // \r\n is one, and never half of it.
    private static Choice LineBreak()
    {
        Characters carriageReturn = new(CodePointSet.Of('\r'));
        return new([
            new Sequence([carriageReturn, new Characters(s_lineFeed)]),
            new Sequence([carriageReturn, Node.Unless(s_lineFeed)]),
            new Characters(CodePointSet.Of([('\n', '\f'), (0x85, 0x85), (0x2028, 0x2029)])),
        ]);
    }

    private Node ReadGroup(Options options)
    {
        if (_reader.Take("?<="))
            return ReadLook(options, isAhead: false, isNegated: false);
        if (_reader.Take("?<!"))
            return ReadLook(options, isAhead: false, isNegated: true);
        if (_reader.Take("?="))
            return ReadLook(options, isAhead: true, isNegated: false);
        if (_reader.Take("?!"))
            return ReadLook(options, isAhead: true, isNegated: true);
        if (_reader.Take("?>"))
            return AtomicGroup.Of(CloseGroup(options))
                ?? throw _reader.Error("an atomic group around more than a repeated character is not supported");
        if (_reader.Take("?<"))
            _reader.Until(">");
        else if (_reader.Take("?"))
            return ReadOptions(options);
        return CloseGroup(options);
    }

    private Look ReadLook(Options options, bool isAhead, bool isNegated) => new(CloseGroup(options), isAhead, isNegated);

    private Node CloseGroup(Options options)
    {
        Node node = ReadChoice(options);
        _reader.Expect(")");
        return node;
    }

    // (?i-m:…), or (?i) for the rest of the group around it.
    private Node ReadOptions(Options options)
    {
        bool isOn = true;
        while (true)
        {
            int option = _reader.Next();
            switch (option)
            {
                case '-': isOn = false; break;
                case 'i': options = options with { IgnoreCase = isOn }; break;
                case 'm': options = options with { DotIsAll = isOn }; break;
                case 'x': options = options with { SkipSpace = isOn }; break;
                case ':': return CloseGroup(options);
                case ')': return ReadChoice(options);
                default: throw _reader.Error("this kind of group is not supported");
            }
        }
    }

    private Node ReadRepeats(Node node, Options options)
    {
        for (int count = 0; !_reader.IsAtEnd; count++)
        {
            if (SkipComment(options)) continue;
            if (count == MostNested) throw _reader.Error("repeats are nested too deeply");
            Repeat? repeat = _reader.Take("*") ? new(node, 0, null, IsLazy: false)
                : _reader.Take("+") ? new(node, 1, null, IsLazy: false)
                : _reader.Take("?") ? new(node, 0, 1, IsLazy: false)
                : null;
            if (repeat is null)
            {
                if (ReadInterval(node) is not Node interval) return node;
                node = interval;
                continue;
            }

            if (_reader.Take("?")) node = repeat with { IsLazy = true };
            else if (!_reader.Take("+")) node = repeat;
            else node = AtomicGroup.Of(repeat) ?? throw _reader.Error("a possessive repeat of more than a character is not supported");
        }

        return node;
    }

    // {n}, {n,}, {,m}, {n,m}; anything else in braces is text. A + after it repeats it once more, a ? after {n} makes it optional.
    private Node? ReadInterval(Node node)
    {
        int mark = _reader.Mark();
        if (!_reader.Take("{")) return null;
        int? least = _reader.Number(6);
        bool isRange = _reader.Take(",");
        int? most = isRange ? _reader.Number(6) : least;
        if ((least ?? most) is null || !_reader.Take("}"))
        {
            _reader.Return(mark);
            return null;
        }

        if (least > most) throw _reader.Error("a repeat goes backwards");
        bool hasMark = _reader.Take("?");
        Repeat repeat = new(node, least ?? 0, most, IsLazy: hasMark && isRange);
        return hasMark && !isRange ? new Repeat(repeat, 0, 1, IsLazy: false) : repeat;
    }
}
