namespace Graft.Tokenizers.Expressions;

/// <summary>The states of an automaton that lead to a match from some place of a text.</summary>
internal sealed class LiveSet(int id, ulong[] states, bool hasStart, int surroundings)
{
    /// <summary>No choice was made yet.</summary>
    public const int Unknown = -2;

    /// <summary>The match ends here.</summary>
    public const int End = -1;

    public int Id => id;

    public ReadOnlySpan<ulong> States => states;

    /// <summary>Whether a match begins at the place.</summary>
    public bool HasStart => hasStart;

    /// <summary>The live sets of the places one letter earlier, by their surroundings; filled as they are met.</summary>
    public LiveSet?[] Earlier { get; } = new LiveSet?[surroundings];

    /// <summary>
    /// For each state how a match goes on at the place: with the state after the next letter, or <see cref="End"/>; filled as they are
    /// asked for.
    /// </summary>
    public int[]? Choices { get; set; }

    public bool Contains(int state) => (states[state >> 6] >> (state & 63) & 1) != 0;
}

/// <summary>
/// The live sets of an automaton that were met so far: an automaton of automaton states, read from the end of the text to its beginning,
/// built as texts need it and shared by all threads.
/// </summary>
internal sealed class LiveSets
{
    // What Follow says of a way that leads nowhere.
    private const int Dead = -3;

    private readonly Automaton _automaton;
    private readonly Alphabet _alphabet;
    private readonly Surroundings _surroundings;
    private readonly Dictionary<string, LiveSet> _known = [];
    private readonly Lock _building = new();
    private LiveSet[] _byId = new LiveSet[16];
    private int _count;

    public LiveSets(Automaton automaton, Alphabet alphabet, Surroundings surroundings)
    {
        (_automaton, _alphabet, _surroundings) = (automaton, alphabet, surroundings);
        None = Intern(new ulong[(automaton.States.Length + 63) / 64]);
    }

    /// <summary>The set past the end of the text: nothing is live.</summary>
    public LiveSet None { get; }

    public int Count => _count;

    /// <summary>The sets by their ids; as many as there are now.</summary>
    public LiveSet[] ById => Volatile.Read(ref _byId);

    /// <summary>The set of a place from that of the next one.</summary>
    public LiveSet Before(LiveSet next, int surroundings) => next.Earlier[surroundings] ?? Build(next, surroundings);

    /// <summary>Where a match that has come to a state goes on.</summary>
    public int Choose(LiveSet live, int state)
    {
        int[]? choices = live.Choices;
        if (choices is not null && choices[state] != LiveSet.Unknown) return choices[state];

        // Threads that ask at once find the same.
        choices ??= live.Choices = [.. Enumerable.Repeat(LiveSet.Unknown, _automaton.States.Length)];
        return choices[state] = Follow(live, state, new byte[_automaton.States.Length]);
    }

    private LiveSet Build(LiveSet next, int surroundings)
    {
        State[] states = _automaton.States;
        ulong[] live = new ulong[next.States.Length];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int i = 0; i < states.Length; i++)
            {
                if (IsLive(i) || !BecomesLive(states[i])) continue;
                live[i >> 6] |= 1UL << (i & 63);
                changed = true;
            }
        }

        lock (_building)
        {
            LiveSet set = Intern(live);
            next.Earlier[surroundings] = set;
            return set;
        }

        bool IsLive(int state) => (live[state >> 6] >> (state & 63) & 1) != 0;

        bool BecomesLive(State state) => state.Kind switch
        {
            StateKind.Accept => true,
            StateKind.Consume => next.Contains(state.Next) && _alphabet.IsIn(_surroundings.LetterOf(surroundings), state.Argument),
            StateKind.Require => IsLive(state.Next) && _surroundings.Holds(surroundings, state.Argument),
            StateKind.Refuse => IsLive(state.Next) && !_surroundings.Holds(surroundings, state.Argument),
            _ => IsLive(state.Next) || IsLive(state.Other),
        };
    }

    private LiveSet Intern(ulong[] states)
    {
        string key = string.Create(4 * states.Length, states, (units, bits) =>
            System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, char>(bits).CopyTo(units)
        );
        if (_known.TryGetValue(key, out LiveSet? known))
            return known;
        bool hasStart = (states[_automaton.Start >> 6] >> (_automaton.Start & 63) & 1) != 0;
        LiveSet set = new(_count, states, hasStart, _surroundings.Count);
        if (_count == _byId.Length)
        {
            LiveSet[] longer = new LiveSet[2 * _byId.Length];
            _byId.CopyTo(longer, 0);
            Volatile.Write(ref _byId, longer);
        }

        _byId[_count++] = set;
        _known.Add(key, set);
        return set;
    }

    // The first way on that leads to a match: alternatives in their order, a loop that comes round without having read anything is left.
    private int Follow(LiveSet live, int index, byte[] visits)
    {
        while (live.Contains(index))
        {
            State state = _automaton.States[index];
            switch (state.Kind)
            {
                case StateKind.Accept: return LiveSet.End;
                case StateKind.Consume: return state.Next;
                case StateKind.Require or StateKind.Refuse: index = state.Next; break;
                case StateKind.Loop when visits[index] == 1:
                    visits[index] = 2;
                    index = state.Other;
                    break;
                case var _ when visits[index] != 0: return Dead;
                default:
                    visits[index] = 1;
                    bool leavesFirst = state.Kind == StateKind.Loop && state.Argument == 1;
                    int choice = Follow(live, leavesFirst ? state.Other : state.Next, visits);
                    if (choice != Dead) return choice;
                    index = leavesFirst ? state.Next : state.Other;
                    break;
            }
        }

        return Dead;
    }
}
