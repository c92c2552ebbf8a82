using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Text;

/// <summary>A code point to write and how it relates to the old text, see <see cref="NormalizedText.Write(int, int)"/>.</summary>
internal readonly record struct CodePointChange(int CodePoint, int Change);

/// <summary>
/// A stretch of text on its way through the normalizers and pre-tokenizers: UTF-16 units, each with the range of the original text it
/// came from. Every step rewrites it: <see cref="BeginRewrite"/>, then the new code points in order, then <see cref="EndRewrite"/>.
/// Reused from call to call, so that a steady stream of texts allocates nothing.
/// </summary>
internal sealed class NormalizedText
{
    private char[] _units = new char[64];
    private TextRange[] _sources = new TextRange[64];
    private char[] _newUnits = new char[64];
    private TextRange[] _newSources = new TextRange[64];
    private int _newLength;
    private int _read;

    /// <summary>The place in the original text where this stretch begins.</summary>
    public int Origin { get; private set; }

    /// <summary>The number of units.</summary>
    public int Length { get; private set; }

    /// <summary>The text as it is now.</summary>
    public ReadOnlySpan<char> Units => _units.AsSpan(0, Length);

    /// <summary>The original range of each unit.</summary>
    public ReadOnlySpan<TextRange> Sources => _sources.AsSpan(0, Length);

    /// <summary>
    /// Room for a step that must see its changes before it writes them: code points as <see cref="Write(int, int)"/> takes them.
    /// </summary>
    public List<CodePointChange> Changes { get; } = [];

    /// <summary>Room for the matches of a step that replaces them.</summary>
    public List<TextRange> Matches { get; } = [];

    /// <summary>The number of units written so far by the running rewrite.</summary>
    public int Written => _newLength;

    /// <summary>
    /// True where a step deleted what the stretch began with and kept no account of it, as the reference does: all places of the stretch
    /// then lie too far left.
    /// </summary>
    public bool LostItsStart { get; set; }

    /// <summary>Starts over with a stretch of the original text that begins at <paramref name="origin"/>.</summary>
    public void Reset(ReadOnlySpan<char> original, int origin)
    {
        Origin = origin;
        LostItsStart = false;
        Length = original.Length;
        if (_units.Length < Length)
        {
            Array.Resize(ref _units, Math.Max(Length, 2 * _units.Length));
            Array.Resize(ref _sources, _units.Length);
        }

        original.CopyTo(_units);
        for (int i = 0; i < Length;)
        {
            int codePoint = Utf16.At(original, i, out int length);
            if (codePoint == CodePoint.Replacement) _units[i] = (char)CodePoint.Replacement;
            TextRange source = new(origin + i, origin + i + length);
            _sources[i] = source;
            if (length == 2) _sources[i + 1] = source;
            i += length;
        }
    }

    /// <summary>The original range that a range of units covers.</summary>
    public TextRange SourceOf(int start, int end) => start < end ? new(_sources[start].Start, _sources[end - 1].End) : new(start, end);

    /// <summary>Begins to write the text anew; the first <paramref name="skipped"/> code points have no successor.</summary>
    public void BeginRewrite(int skipped = 0)
    {
        _newLength = 0;
        _read = 0;
        Skip(skipped);
    }

    /// <summary>Writes a code point with the original range it stands for.</summary>
    public void Append(int codePoint, TextRange source)
    {
        if (_newLength + 2 > _newUnits.Length)
        {
            Array.Resize(ref _newUnits, 2 * _newUnits.Length);
            Array.Resize(ref _newSources, _newUnits.Length);
        }

        if (codePoint < 0x10000)
        {
            _newUnits[_newLength] = (char)codePoint;
            _newSources[_newLength++] = source;
            return;
        }

        int offset = codePoint - 0x10000;
        _newUnits[_newLength] = (char)(0xD800 + (offset >> 10));
        _newSources[_newLength++] = source;
        _newUnits[_newLength] = (char)(0xDC00 + (offset & 0x3FF));
        _newSources[_newLength++] = source;
    }

    /// <summary>
    /// Writes a code point by how it relates to the old text: 0 replaces the next old one, 1 is inserted and shares the range of the
    /// one before, −n replaces the next old one and drops the n that follow it.
    /// </summary>
    public void Write(int codePoint, int change)
    {
        if (change > 0)
        {
            Append(codePoint, _read == 0 ? new(Origin, Origin) : _sources[_read - 1]);
            return;
        }

        Append(codePoint, _read < Length ? _sources[_read] : new(Origin, Origin));
        Skip(1 - change);
    }

    /// <summary>Writes a stretch of the old text as it is.</summary>
    public void AppendOld(int start, int end)
    {
        for (int i = start; i < end;)
        {
            Append(Utf16.At(Units, i, out int length), _sources[i]);
            i += length;
        }
    }

    /// <summary>Writes a stretch of the old text in byte-level characters; all bytes of a character share its place.</summary>
    public void AppendBytes(int start, int end)
    {
        Span<byte> bytes = stackalloc byte[4];
        for (int i = start; i < end;)
        {
            int count = new System.Text.Rune(Utf16.At(Units, i, out int length)).EncodeToUtf8(bytes);
            foreach (byte value in bytes[..count]) Append(ByteAlphabet.ToCharacter(value), _sources[i]);
            i += length;
        }
    }

    /// <summary>Writes a whole new text, change by change.</summary>
    public void Write(List<CodePointChange> changes)
    {
        BeginRewrite();
        foreach (CodePointChange change in changes) Write(change.CodePoint, change.Change);
        EndRewrite();
    }

    /// <summary>Makes what was written the text.</summary>
    public void EndRewrite()
    {
        (_units, _newUnits) = (_newUnits, _units);
        (_sources, _newSources) = (_newSources, _sources);
        Length = _newLength;
    }

    /// <summary>Keeps the code points a condition holds for.</summary>
    public void Filter(Func<int, bool> keep)
    {
        int written = 0;
        for (int i = 0; i < Length;)
        {
            if (keep(Utf16.At(Units, i, out int length)))
            {
                for (int k = 0; k < length; k++)
                {
                    _units[written] = _units[i + k];
                    _sources[written++] = _sources[i + k];
                }
            }

            i += length;
        }

        Length = written;
    }

    /// <summary>The units, to be replaced one for one.</summary>
    public Span<char> EditUnits() => _units.AsSpan(0, Length);

    private void Skip(int codePoints)
    {
        for (; codePoints > 0 && _read < Length; codePoints--)
        {
            Utf16.At(Units, _read, out int length);
            _read += length;
        }
    }
}
