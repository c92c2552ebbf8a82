using System.Buffers;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Expressions;

/// <summary>
/// A regular expression with Oniguruma's meaning, leftmost match and alternatives in their order, in time linear in the text, whatever
/// expression and text are. One pass from the end of the text to its beginning finds which states of the automaton lead to a match from
/// each place; a walk from the beginning then takes the first way that does, and never has to come back. What the expression looks at is
/// found by passes of its own before that (A. Frisch, L. Cardelli: Greedy regular expression matching, 2004).
/// </summary>
internal sealed class Expression : Pattern
{
    // Beyond this the sets that texts have led to are forgotten.
    private const int MostSets = 2_000;
    private const int MostAutomatonTests = 5;

    private readonly Alphabet _alphabet;
    private readonly Surroundings _ahead;
    private readonly Surroundings _behind;
    private readonly Automaton[] _looks;
    private readonly Automaton _automaton;
    private readonly LiveSets?[] _sets;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="ExpressionException">It is not well formed, or has a part that Graft cannot run exactly and in linear
    /// time.</exception>
    public Expression(string expression)
    {
        AutomatonBuilder builder = new();
        _automaton = builder.Build(ExpressionParser.Parse(expression));
        _looks = [.. builder.Tests.Select(test => test.Automaton).OfType<Automaton>()];
        if (_looks.Length > MostAutomatonTests) throw new ExpressionException("it looks at too much around it");
        _alphabet = new(builder.Sets);
        _ahead = new(_alphabet, builder.Tests, isMirrored: false);
        _behind = new(_alphabet, builder.Tests, isMirrored: true);
        _sets = new LiveSets?[_looks.Length + 1];
    }

    public override void FindAll(ReadOnlySpan<char> text, List<TextRange> matches)
    {
        // The reference finds nothing in an empty text, whatever the expression.
        if (text.IsEmpty) return;
        int places = text.Length + 1;
        byte[] letters = ArrayPool<byte>.Shared.Rent(places);
        byte[] outcomes = ArrayPool<byte>.Shared.Rent(places);
        int[] live = ArrayPool<int>.Shared.Rent(places);
        try
        {
            _alphabet.Read(text, letters);
            if (_looks.Length > 0) outcomes.AsSpan(0, places).Clear();
            Place place = new(text, letters, _looks.Length > 0 ? outcomes : [], _alphabet.Count);
            for (int i = 0; i < _looks.Length; i++)
            {
                LiveSets looked = SetsOf(i, _looks[i]);
                Pass(looked, _looks[i].IsMirrored, place, live);
                LiveSet[] byId = looked.ById;
                for (int p = 0; p < places; p++)
                {
                    if (place.IsBorder(p) && byId[live[p]].HasStart) outcomes[p] |= (byte)(1 << i);
                }
            }

            LiveSets sets = SetsOf(_looks.Length, _automaton);
            Pass(sets, isMirrored: false, place, live);
            Walk(sets, place, live, matches);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(letters);
            ArrayPool<byte>.Shared.Return(outcomes);
            ArrayPool<int>.Shared.Return(live);
        }
    }

    // What is known of the text; the letter beside its ends is the one that stands for the end.
    private readonly ref struct Place(ReadOnlySpan<char> text, ReadOnlySpan<byte> letters, ReadOnlySpan<byte> outcomes, int end)
    {
        private readonly ReadOnlySpan<char> _text = text;
        private readonly ReadOnlySpan<byte> _letters = letters;
        private readonly ReadOnlySpan<byte> _outcomes = outcomes;

        public int Length => _text.Length;

        public int After(int place) => place < _text.Length ? _letters[place] : end;

        public int Before(int place) => place > 0 ? _letters[place - 1] : end;

        public int Outcome(int place) => _outcomes.IsEmpty ? 0 : _outcomes[place];

        /// <summary>Whether a place does not lie within a surrogate pair.</summary>
        public bool IsBorder(int place) =>
            place == 0 || place >= _text.Length || !char.IsLowSurrogate(_text[place]) || !char.IsHighSurrogate(_text[place - 1]);
    }

    private LiveSets SetsOf(int index, Automaton automaton)
    {
        LiveSets? sets = Volatile.Read(ref _sets[index]);
        if (sets is not null && sets.Count <= MostSets) return sets;
        sets = new(automaton, _alphabet, automaton.IsMirrored ? _behind : _ahead);
        Volatile.Write(ref _sets[index], sets);
        return sets;
    }

    // Writes the live set of every place; against the direction in which the automaton reads.
    private void Pass(LiveSets sets, bool isMirrored, Place place, Span<int> live)
    {
        LiveSet set = sets.None;
        if (isMirrored)
        {
            for (int p = 0; p <= place.Length; p++)
            {
                if (!place.IsBorder(p)) continue;
                set = sets.Before(set, _behind.Of(place.Before(p), place.After(p), place.Outcome(p)));
                live[p] = set.Id;
            }

            return;
        }

        for (int p = place.Length; p >= 0; p--)
        {
            if (!place.IsBorder(p)) continue;
            set = sets.Before(set, _ahead.Of(place.After(p), place.Before(p), place.Outcome(p)));
            live[p] = set.Id;
        }
    }

    // An empty match right after another match does not count.
    private void Walk(LiveSets sets, Place place, ReadOnlySpan<int> live, List<TextRange> matches)
    {
        LiveSet[] byId = sets.ById;
        int lastEnd = -1;
        for (int start = 0; start <= place.Length;)
        {
            if (place.IsBorder(start) && byId[live[start]].HasStart)
            {
                int end = start;
                for (
                    int state = sets.Choose(byId[live[end]], _automaton.Start);
                    state != LiveSet.End;
                    state = sets.Choose(byId[live[end]], state)
                )
                {
                    do end++;
                    while (!place.IsBorder(end));
                }

                if (end > start || end != lastEnd)
                {
                    matches.Add(new(start, end));
                    lastEnd = end;
                    start = end;
                    continue;
                }
            }

            start++;
        }
    }
}
