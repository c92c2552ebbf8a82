namespace Graft.Tokenizers.Expressions;

/// <summary>What a state of an automaton does.</summary>
internal enum StateKind
{
    /// <summary>Goes on if the next code point is in the set <see cref="State.Argument"/>.</summary>
    Consume,

    /// <summary>Goes on with <see cref="State.Next"/> or, where that leads nowhere, with <see cref="State.Other"/>.</summary>
    Fork,

    /// <summary>A fork that comes round again: <see cref="State.Other"/> leaves the loop.</summary>
    Loop,

    /// <summary>Goes on if the test <see cref="State.Argument"/> holds.</summary>
    Require,

    /// <summary>Goes on if the test <see cref="State.Argument"/> does not hold.</summary>
    Refuse,

    /// <summary>The end of the match.</summary>
    Accept,
}

/// <summary>A state of an automaton.</summary>
internal readonly record struct State(StateKind Kind, int Next, int Other, int Argument);

/// <summary>
/// An expression, or what it looks at, as states. One that looks behind is written from its end to its beginning and reads the text
/// from right to left, so that looking behind is looking ahead in a mirror.
/// </summary>
/// <param name="States">The states.</param>
/// <param name="Start">The first of them.</param>
/// <param name="IsMirrored">Whether it reads to the left.</param>
internal sealed record Automaton(State[] States, int Start, bool IsMirrored);

/// <summary>A condition on a place of the text: a letter beside it, or what an automaton of its own finds from there.</summary>
/// <param name="Set">The index of the set the neighbour must be in; −1 when there is an automaton.</param>
/// <param name="IsAhead">Whether it looks at what follows.</param>
/// <param name="Automaton">What must be found.</param>
internal sealed record Test(int Set, bool IsAhead, Automaton? Automaton);

/// <summary>Turns the nodes of an expression into states.</summary>
internal sealed class AutomatonBuilder
{
    private const int MostStates = 10_000;
    private const int MostTests = 62;

    private readonly Dictionary<CodePointSet, int> _setIndices = [];
    private List<State> _states = [];
    private bool _isMirrored;

    /// <summary>The sets of the expression.</summary>
    public List<CodePointSet> Sets { get; } = [];

    /// <summary>The tests, one that needs another after it.</summary>
    public List<Test> Tests { get; } = [];

    /// <summary>Builds the automaton of a whole expression or of what it looks at.</summary>
    public Automaton Build(Node node, bool isMirrored = false)
    {
        (List<State> states, bool mirrored) = (_states, _isMirrored);
        (_states, _isMirrored) = ([], isMirrored);
        int start = Build(node, Add(new(StateKind.Accept, -1, -1, -1)));
        Automaton automaton = new([.. _states], start, isMirrored);
        (_states, _isMirrored) = (states, mirrored);
        return automaton;
    }

    // Returns the state to begin with when `next` is what follows the node.
    private int Build(Node node, int next) => node switch
    {
        Characters characters => Add(new(StateKind.Consume, next, -1, IndexOf(characters.Set))),
        Sequence sequence => BuildSequence(sequence, next),
        Choice choice => BuildChoice(choice, next),
        Repeat repeat => BuildRepeat(repeat, next),
        Look look => Add(new(look.IsNegated ? StateKind.Refuse : StateKind.Require, next, -1, TestOf(look))),
        _ => throw new InvalidOperationException(node.GetType().Name),
    };

    private int BuildSequence(Sequence sequence, int next)
    {
        IEnumerable<Node> fromTheEnd = _isMirrored ? sequence.Parts : sequence.Parts.Reverse();
        foreach (Node part in fromTheEnd) next = Build(part, next);
        return next;
    }

    private int BuildChoice(Choice choice, int next)
    {
        int state = Build(choice.Alternatives[^1], next);
        foreach (Node alternative in choice.Alternatives.Reverse().Skip(1))
            state = Add(new(StateKind.Fork, Build(alternative, next), state, -1));
        return state;
    }

    private int BuildRepeat(Repeat repeat, int next)
    {
        if (repeat.Most is int most)
        {
            int end = next;
            for (int i = repeat.Least; i < most; i++) next = AddFork(StateKind.Fork, Build(repeat.Part, next), end, repeat.IsLazy);
        }
        else
        {
            int loop = Add(default);
            State fork = Fork(StateKind.Loop, Build(repeat.Part, loop), next, repeat.IsLazy);
            _states[loop] = fork;
            next = loop;
        }

        for (int i = 0; i < repeat.Least; i++) next = Build(repeat.Part, next);
        return next;
    }

    private int AddFork(StateKind kind, int part, int end, bool isLazy) => Add(Fork(kind, part, end, isLazy));

    // Argument 1: leaving comes first.
    private static State Fork(StateKind kind, int part, int end, bool isLazy) =>
        kind == StateKind.Fork && isLazy ? new(kind, end, part, -1) : new(kind, part, end, isLazy ? 1 : 0);

    private int TestOf(Look look)
    {
        Test test = look.Part is Characters characters
            ? new(IndexOf(characters.Set), look.IsAhead, null)
            : new(-1, look.IsAhead, Build(look.Part, isMirrored: !look.IsAhead));
        int known = Tests.IndexOf(test);
        if (known >= 0) return known;
        if (Tests.Count == MostTests) throw new ExpressionException("it looks around too often");
        Tests.Add(test);
        return Tests.Count - 1;
    }

    private int IndexOf(CodePointSet set)
    {
        if (_setIndices.TryGetValue(set, out int index)) return index;
        _setIndices.Add(set, index = Sets.Count);
        Sets.Add(set);
        return index;
    }

    private int Add(State state)
    {
        if (_states.Count == MostStates) throw new ExpressionException("its repeats are too many");
        _states.Add(state);
        return _states.Count - 1;
    }
}
