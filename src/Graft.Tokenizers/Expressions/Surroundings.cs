namespace Graft.Tokenizers.Expressions;

/// <summary>
/// What an automaton can know of a place in the text, as one number: the letter it would read there, the letter on the other side as far
/// as tests tell such letters apart, and the outcome of the tests that have automata of their own.
/// </summary>
internal sealed class Surroundings
{
    private readonly Alphabet _alphabet;
    private readonly IReadOnlyList<Test> _tests;
    private readonly bool _isMirrored;
    private readonly byte[] _sideOf;
    private readonly List<int> _sides = [];
    private readonly int _outcomes;

    public Surroundings(Alphabet alphabet, IReadOnlyList<Test> tests, bool isMirrored)
    {
        (_alphabet, _tests, _isMirrored) = (alphabet, tests, isMirrored);
        _outcomes = 1 << tests.Count(test => test.Automaton is not null);
        _sideOf = new byte[alphabet.Count + 1];
        Dictionary<ulong, byte> known = [];
        for (int letter = 0; letter <= alphabet.Count; letter++)
        {
            ulong holding = 0;
            for (int i = 0; i < tests.Count; i++)
            {
                if (IsAside(tests[i]) && alphabet.IsIn(letter, tests[i].Set)) holding |= 1UL << i;
            }

            if (!known.TryGetValue(holding, out byte side))
            {
                known.Add(holding, side = (byte)_sides.Count);
                _sides.Add(letter);
            }

            _sideOf[letter] = side;
        }
    }

    /// <summary>The number of different surroundings.</summary>
    public int Count => (_alphabet.Count + 1) * _sides.Count * _outcomes;

    /// <summary>The number where a letter comes next, another lies behind, and the tests with automata have an outcome.</summary>
    public int Of(int letter, int behind, int outcome) => ((((letter * _sides.Count) + _sideOf[behind]) * _outcomes) + outcome);

    /// <summary>The letter to be read.</summary>
    public int LetterOf(int surroundings) => surroundings / _outcomes / _sides.Count;

    /// <summary>Whether a test holds.</summary>
    public bool Holds(int surroundings, int test)
    {
        if (_tests[test].Automaton is not null)
            return (surroundings % _outcomes & (1 << _tests.Take(test).Count(other => other.Automaton is not null))) != 0;
        int letter = IsAside(_tests[test]) ? _sides[surroundings / _outcomes % _sides.Count] : LetterOf(surroundings);
        return _alphabet.IsIn(letter, _tests[test].Set);
    }

    // Whether a test looks away from where the automaton reads.
    private bool IsAside(Test test) => test.Automaton is null && test.IsAhead == _isMirrored;
}
