using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>The pieces of a model made ready for look-up: tries, scores, byte pieces. Immutable, shared by all threads.</summary>
internal sealed class SentencePieceVocabulary
{
    // What an unknown character costs below the lowest score of a normal piece (unigram_model.cc).
    private const float UnknownPenalty = 10;
    private readonly Dictionary<string, int> _reserved = new(StringComparer.Ordinal);
    private readonly int[] _byteIds = new int[256];

    public SentencePieceVocabulary(SentencePieceModel model)
    {
        Model = model;
        List<(byte[], int)> pieces = [], userDefined = [];
        float lowest = float.MaxValue, highest = float.MinValue;
        Scores = new float[model.Pieces.Count];
        Array.Fill(_byteIds, -1);
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            SentencePiece piece = model.Pieces[id];
            Scores[id] = piece.Type is SentencePieceType.UserDefined or SentencePieceType.Unused ? float.NaN : piece.Score;
            if (piece.Type is SentencePieceType.Normal or SentencePieceType.UserDefined or SentencePieceType.Unused)
            {
                byte[] text = System.Text.Encoding.UTF8.GetBytes(piece.Text);
                pieces.Add((text, id));
                if (piece.Type == SentencePieceType.UserDefined) userDefined.Add((text, id));
                HasUnused |= piece.Type == SentencePieceType.Unused;
                HasInnerSpaces |= piece.Text.IndexOf('\u2581', 1) > 0;
            }
            else
            {
                _reserved.TryAdd(piece.Text, id);
                if (piece.Type == SentencePieceType.Byte) AddByte(piece.Text, id);
            }

            if (piece.Type != SentencePieceType.Normal) continue;
            lowest = Math.Min(lowest, piece.Score);
            highest = Math.Max(highest, piece.Score);
        }

        Pieces = new PieceTrie(pieces);
        UserDefined = new PieceTrie(userDefined);
        UnknownScore = lowest - UnknownPenalty;
        HighestScore = highest;
        if (model.ByteFallback && _byteIds.Contains(-1))
            throw new InputException("byte_fallback is set, but not all 256 byte pieces are there");
    }

    public SentencePieceModel Model { get; }

    /// <summary>All pieces that can match text.</summary>
    public PieceTrie Pieces { get; }

    /// <summary>The user-defined ones among them.</summary>
    public PieceTrie UserDefined { get; }

    /// <summary>The score of each piece; NaN for user-defined and unused ones, which do not go by score.</summary>
    public float[] Scores { get; }

    public float UnknownScore { get; }

    public float HighestScore { get; }

    public bool HasUnused { get; }

    /// <summary>True when some piece has a ▁ after its first character, so that words cannot be segmented one by one.</summary>
    public bool HasInnerSpaces { get; }

    public bool IsUnused(int id) => Model.Pieces[id].Type == SentencePieceType.Unused;

    public bool IsUserDefined(int id) => Model.Pieces[id].Type == SentencePieceType.UserDefined;

    public int ByteId(byte value) => _byteIds[value];

    /// <summary>The id of a piece, reserved ones included; that of the unknown piece when there is none.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        if (text.Length > 0 && text[0] == '<' && _reserved.TryGetValue(System.Text.Encoding.UTF8.GetString(text), out int id)) return id;
        id = Pieces.Find(text);
        if (id < 0 && _reserved.Count > 0) id = _reserved.GetValueOrDefault(System.Text.Encoding.UTF8.GetString(text), -1);
        return id < 0 ? Model.UnknownId : id;
    }

    /// <summary>The byte that a byte piece such as <c>&lt;0x0A&gt;</c> stands for, or −1.</summary>
    public static int ByteOf(string piece) =>
        piece.Length == 6
        && piece.StartsWith("<0x", StringComparison.Ordinal)
        && piece[5] == '>'
        && int.TryParse(
            piece.AsSpan(3, 2),
            System.Globalization.NumberStyles.AllowHexSpecifier,
            System.Globalization.CultureInfo.InvariantCulture,
            out int value
        )
            ? value
            : -1;

    private void AddByte(string piece, int id)
    {
        int value = ByteOf(piece);
        if (value < 0) throw new InputException($"piece {id}, \"{piece}\", is a byte piece but no byte");
        _byteIds[value] = id;
    }
}
