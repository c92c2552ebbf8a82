namespace Graft.Tokenizers.Models;

/// <summary>Tokens and their ids, both ways. Ids may have gaps.</summary>
internal sealed class Vocabulary
{
    /// <summary>Ids from here on are taken for damage: the largest published vocabularies have about a million tokens.</summary>
    public const int IdLimit = 1 << 24;

    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private string?[] _tokens;

    public Vocabulary(int capacity)
    {
        _ids = new(capacity, StringComparer.Ordinal);
        _lookup = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
        _tokens = new string?[capacity];
    }

    /// <summary>The number of different tokens.</summary>
    public int Count => _ids.Count;

    /// <summary>One past the largest id.</summary>
    public int IdEnd { get; private set; }

    /// <summary>Adds a token, or gives it another id.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is negative or beyond <see cref="IdLimit"/>.</exception>
    public void Add(string token, int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, IdLimit);
        if (id >= _tokens.Length) Array.Resize(ref _tokens, Math.Max(id + 1, 2 * _tokens.Length));
        _ids[token] = id;
        _tokens[id] = token;
        IdEnd = Math.Max(IdEnd, id + 1);
    }

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(ReadOnlySpan<char> token) => _lookup.TryGetValue(token, out int id) ? id : -1;

    /// <summary>The token with an id, or null.</summary>
    public string? TokenOf(int id) => (uint)id < (uint)_tokens.Length ? _tokens[id] : null;

    /// <summary>The tokens with their ids, in order of ids.</summary>
    public IEnumerable<(string Token, int Id)> Tokens()
    {
        for (int id = 0; id < IdEnd; id++)
        {
            if (_tokens[id] is string token) yield return (token, id);
        }
    }
}
