using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Models;

/// <summary>
/// Merges the symbols of a piece. They form a linked list; possible merges wait in a queue, lowest rank first, then leftmost. A merge that
/// is no longer possible when its turn comes is passed over. Time is O(n log n) in the length of the piece.
/// </summary>
internal sealed class BytePairEncoder(BytePairEncoding model) : PieceEncoder
{
    private const int Removed = -2;
    private const int NoSymbol = -1;

    private record struct Symbol(int Id, int Start, int End, int Previous, int Next);

    private readonly int _unknownId = model.Unknown is null ? -1 : model.Vocabulary.IdOf(model.Unknown);
    private readonly int[] _byteIds = ByteIds(model);
    private readonly int[] _characterIds = CharacterIds(model);
    private readonly MergeQueue _candidates = new();
    private readonly Lazy<HashSet<int>> _byteIdSet = new(() => [.. ByteIds(model)]);
    private Symbol[] _symbols = new Symbol[32];
    private int _count;

    public override void Encode(ReadOnlySpan<char> piece, PieceTokens tokens)
    {
        if (model.IgnoreMerges && model.Vocabulary.IdOf(piece) is int whole and >= 0)
        {
            tokens.Add(new(whole, 0, piece.Length));
            return;
        }

        SplitIntoSymbols(piece);
        MergeAll();
        for (int i = _count > 0 ? 0 : NoSymbol; i != NoSymbol; i = _symbols[i].Next)
            tokens.Add(new(_symbols[i].Id, _symbols[i].Start, _symbols[i].End));
    }

    private void SplitIntoSymbols(ReadOnlySpan<char> piece)
    {
        _count = 0;
        TextRange? unknown = null;
        bool isInStep = true;
        for (int i = 0; i < piece.Length;)
        {
            int codePoint = Utf16.At(piece, i, out int length);
            TextRange range = new(i, i + length);
            i += length;
            int id = IdOfCharacter(piece, range);
            if (id >= 0)
            {
                AddUnknown(ref unknown);
                AddSymbol(id, range);
            }
            else if (model.ByteFallback && TryAddBytes(codePoint, range))
            {
                isInStep &= unknown is null;
            }
            else if (_unknownId < 0)
            {
                isInStep = false;
            }
            else
            {
                if (!model.FuseUnknown) AddUnknown(ref unknown);
                unknown = new(unknown?.Start ?? range.Start, range.End);
            }
        }

        AddUnknown(ref unknown);
        if (!isInStep) PlaceByLength(piece);
        if (_count > 0) _symbols[_count - 1].Next = NoSymbol;
    }

    // The reference places symbols by their lengths alone. Where a character was dropped, or bytes came before an unknown character that
    // waits to be fused, that is not where they come from; it is what published offsets say.
    private void PlaceByLength(ReadOnlySpan<char> piece)
    {
        int place = 0;
        int unit = 0;
        int unitPlace = 0;
        foreach (ref Symbol symbol in _symbols.AsSpan(0, _count))
        {
            int length = _byteIdSet.Value.Contains(symbol.Id) ? 1 : System.Text.Encoding.UTF8.GetByteCount(piece[symbol.Start..symbol.End]);
            symbol.Start = MoveTo(piece, place, ref unit, ref unitPlace);
            place += length;
            int last = MoveTo(piece, place - 1, ref unit, ref unitPlace);
            Utf16.At(piece, last, out int units);
            symbol.End = last + units;
        }
    }

    // The character that a place in UTF-8 lies in; places only grow.
    private static int MoveTo(ReadOnlySpan<char> piece, int place, ref int unit, ref int unitPlace)
    {
        while (true)
        {
            int next = unitPlace + Utf16.Utf8Length(Utf16.At(piece, unit, out int units));
            if (place < next) return unit;
            unit += units;
            unitPlace = next;
        }
    }

    private int IdOfCharacter(ReadOnlySpan<char> piece, TextRange range)
    {
        char unit = piece[range.Start];
        if (unit < _characterIds.Length) return _characterIds[unit];
        ReadOnlySpan<char> character = piece[range.Start..range.End];
        string prefix = range.Start > 0 ? model.ContinuingPrefix : "";
        string suffix = range.End == piece.Length ? model.EndOfWordSuffix : "";
        if (prefix.Length + suffix.Length == 0) return model.Vocabulary.IdOf(character);
        return model.Vocabulary.IdOf(string.Concat(prefix, character, suffix));
    }

    private bool TryAddBytes(int codePoint, TextRange range)
    {
        Span<byte> bytes = stackalloc byte[4];
        bytes = bytes[..new System.Text.Rune(codePoint).EncodeToUtf8(bytes)];
        foreach (byte value in bytes)
        {
            if (_byteIds[value] < 0) return false;
        }

        foreach (byte value in bytes) AddSymbol(_byteIds[value], range);
        return true;
    }

    private void AddUnknown(ref TextRange? unknown)
    {
        if (unknown is TextRange range) AddSymbol(_unknownId, range);
        unknown = null;
    }

    private void AddSymbol(int id, TextRange range)
    {
        if (_count == _symbols.Length) Array.Resize(ref _symbols, 2 * _count);
        _symbols[_count] = new(id, range.Start, range.End, _count - 1, _count + 1);
        _count++;
    }

    private void MergeAll()
    {
        _candidates.Begin(_count);
        for (int i = 0; i + 1 < _count; i++) AddCandidate(i, i + 1);
        while (_candidates.TryPop(out Candidate candidate))
        {
            ref Symbol left = ref _symbols[candidate.Position];
            if (left.Next is NoSymbol or Removed) continue;
            int position = left.Next;
            ref Symbol right = ref _symbols[position];
            if (!model.Merges.TryGet(left.Id, right.Id, out Merge merge) || merge.Id != candidate.Id) continue;
            left.Id = merge.Id;
            left.End = right.End;
            left.Next = right.Next;
            right.Next = Removed;
            if (left.Next != NoSymbol) _symbols[left.Next].Previous = candidate.Position;
            if (left.Previous != NoSymbol) AddCandidate(left.Previous, candidate.Position);
            if (left.Next != NoSymbol) AddCandidate(candidate.Position, left.Next);
        }
    }

    private void AddCandidate(int left, int right)
    {
        if (model.Merges.TryGet(_symbols[left].Id, _symbols[right].Id, out Merge merge)) _candidates.Push(new(merge.Rank, left, merge.Id));
    }

    // The ids of the characters below U+0200, byte-level BPE's alphabet among them; empty where marks of position matter.
    private static int[] CharacterIds(BytePairEncoding model)
    {
        if (model.ContinuingPrefix.Length + model.EndOfWordSuffix.Length > 0) return [];
        return [.. Enumerable.Range(0, 0x200).Select(unit => model.Vocabulary.IdOf([(char)unit]))];
    }

    private static int[] ByteIds(BytePairEncoding model) =>
        [.. Enumerable.Range(0, 256).Select(value => model.Vocabulary.IdOf(ByteToken.Of((byte)value)))];
}
