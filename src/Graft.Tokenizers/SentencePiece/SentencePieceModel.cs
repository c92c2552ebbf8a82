using System.Text;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>The algorithm a SentencePiece model was trained for.</summary>
public enum SentencePieceKind
{
    /// <summary>The most probable segmentation.</summary>
    Unigram = 1,

    /// <summary>Byte-pair encoding: the best-scored neighbours are joined first.</summary>
    Bpe = 2,

    /// <summary>Words between white space.</summary>
    Word = 3,

    /// <summary>Characters.</summary>
    Character = 4,
}

/// <summary>What a piece of a SentencePiece model is for.</summary>
public enum SentencePieceType
{
    /// <summary>Found in text.</summary>
    Normal = 1,

    /// <summary>Stands for what no piece matches.</summary>
    Unknown = 2,

    /// <summary>A marker such as <c>&lt;s&gt;</c> that never matches text.</summary>
    Control = 3,

    /// <summary>Always one token where it occurs in text.</summary>
    UserDefined = 4,

    /// <summary>Kept in the numbering, never used.</summary>
    Unused = 5,

    /// <summary>One byte of a character that no piece matches.</summary>
    Byte = 6,
}

/// <summary>One piece of a SentencePiece model.</summary>
/// <param name="Text">The piece; white space is ▁.</param>
/// <param name="Score">The log probability, or its rank in BPE.</param>
/// <param name="Type">What it is for.</param>
public readonly record struct SentencePiece(string Text, float Score, SentencePieceType Type);

/// <summary>
/// A SentencePiece <c>.model</c> file as it is stored: pieces, algorithm, normalization. Read with bounds on everything; a damaged file is
/// refused.
/// Field numbers: sentencepiece_model.proto of SentencePiece.
/// </summary>
internal sealed class SentencePieceModel
{
    private const int MaxPieces = 1 << 24;

    public required IReadOnlyList<SentencePiece> Pieces { get; init; }

    public required int UnknownId { get; init; }

    public SentencePieceKind Kind { get; private set; } = SentencePieceKind.Unigram;

    public PrecompiledMap? Map { get; private set; }

    /// <summary>The bytes of the map, as a <c>tokenizer.json</c> holds them in base64.</summary>
    public byte[] MapBytes { get; private set; } = [];

    public bool AddDummyPrefix { get; private set; } = true;

    public bool RemoveExtraWhiteSpace { get; private set; } = true;

    public bool EscapeWhiteSpace { get; private set; } = true;

    public bool WhiteSpaceAsSuffix { get; private set; }

    public bool ByteFallback { get; private set; }

    /// <summary>What the unknown piece decodes to.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    /// <summary>A map to apply to decoded text, or null.</summary>
    public PrecompiledMap? DenormalizerMap { get; private set; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="InputException">The file cannot be read or is no SentencePiece model.</exception>
    public static SentencePieceModel Load(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            LfsPointer.Refuse(bytes, path);
            return Read(bytes, path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: the SentencePiece model cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Reads a model from memory; <paramref name="name"/> is what errors call it.</summary>
    public static SentencePieceModel Read(ReadOnlySpan<byte> bytes, string name)
    {
        try
        {
            return Read(bytes);
        }
        catch (InputException error)
        {
            throw new InputException($"{name}: {error.Message}", error);
        }
    }

    private static SentencePieceModel Read(ReadOnlySpan<byte> bytes)
    {
        List<SentencePiece> pieces = [];
        for (ProtobufReader reader = new(bytes); reader.Next();)
        {
            if (reader.Field != 1) continue;
            if (pieces.Count == MaxPieces) throw new InputException($"more than {MaxPieces} pieces; this is no SentencePiece model");
            pieces.Add(ReadPiece(reader.Bytes(), pieces.Count));
        }

        int unknown = pieces.FindIndex(piece => piece.Type == SentencePieceType.Unknown);
        if (unknown < 0)
            throw new InputException("there is no unknown piece among the pieces; this is no SentencePiece model, or a damaged one");
        SentencePieceModel model = new() { Pieces = pieces, UnknownId = unknown };
        for (ProtobufReader reader = new(bytes); reader.Next();)
        {
            if (reader.Field == 2) model.ReadTrainer(reader.Bytes());
            else if (reader.Field == 3) model.ReadNormalizer(reader.Bytes());
            else if (reader.Field == 5) model.ReadDenormalizer(reader.Bytes());
        }

        return model;
    }

    private static SentencePiece ReadPiece(ReadOnlySpan<byte> message, int index)
    {
        string text = "";
        float score = 0;
        SentencePieceType type = SentencePieceType.Normal;
        for (ProtobufReader reader = new(message); reader.Next();)
        {
            if (reader.Field == 1) text = System.Text.Encoding.UTF8.GetString(reader.Bytes());
            else if (reader.Field == 2) score = reader.Single();
            else if (reader.Field == 3) type = (SentencePieceType)reader.Integer();
        }

        if (text.Length == 0)
            throw new InputException($"piece {index} is empty; the model is damaged");
        if (!float.IsFinite(score))
            throw new InputException($"piece {index} has the score {score}; the model is damaged");
        if (type is < SentencePieceType.Normal or > SentencePieceType.Byte)
            throw new InputException($"piece {index} has the type {(int)type}; known are 1 to 6");
        return new SentencePiece(text, score, type);
    }

    private void ReadTrainer(ReadOnlySpan<byte> message)
    {
        for (ProtobufReader reader = new(message); reader.Next();)
        {
            if (reader.Field == 3) Kind = (SentencePieceKind)reader.Integer();
            else if (reader.Field == 24) WhiteSpaceAsSuffix = reader.Integer() != 0;
            else if (reader.Field == 35) ByteFallback = reader.Integer() != 0;
            else if (reader.Field == 44) UnknownSurface = System.Text.Encoding.UTF8.GetString(reader.Bytes());
        }

        if (Kind is < SentencePieceKind.Unigram or > SentencePieceKind.Character)
            throw new InputException($"model_type is {(int)Kind}; known are 1 to 4");
    }

    private void ReadNormalizer(ReadOnlySpan<byte> message)
    {
        for (ProtobufReader reader = new(message); reader.Next();)
        {
            if (reader.Field == 2) MapBytes = reader.Bytes().ToArray();
            else if (reader.Field == 3) AddDummyPrefix = reader.Integer() != 0;
            else if (reader.Field == 4) RemoveExtraWhiteSpace = reader.Integer() != 0;
            else if (reader.Field == 5) EscapeWhiteSpace = reader.Integer() != 0;
        }

        if (MapBytes.Length > 0) Map = PrecompiledMap.Read(MapBytes);
    }

    private void ReadDenormalizer(ReadOnlySpan<byte> message)
    {
        for (ProtobufReader reader = new(message); reader.Next();)
        {
            if (reader.Field == 2 && !reader.Bytes().IsEmpty) DenormalizerMap = PrecompiledMap.Read(reader.Bytes());
        }
    }
}
