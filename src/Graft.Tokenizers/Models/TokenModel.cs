using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Models;

/// <summary>
/// What turns a piece of text into tokens: WordPiece, BPE, Unigram or a plain list of words. A model does not change and is shared by
/// all threads; what a thread needs to run it is its <see cref="PieceEncoder"/>.
/// </summary>
internal abstract class TokenModel
{
    public abstract Vocabulary Vocabulary { get; }

    /// <summary>The token for what the vocabulary does not have, or null.</summary>
    public abstract string? UnknownToken { get; }

    /// <summary>Makes the working memory of one thread.</summary>
    public abstract PieceEncoder CreateEncoder();

    /// <summary>Writes the model as <c>tokenizer.json</c> has it.</summary>
    public abstract void Write(Utf8JsonWriter json);

    /// <summary>The vocabulary files from before <c>tokenizer.json</c>, by name.</summary>
    public virtual IEnumerable<(string Name, Action<Stream> Write)> ClassicFiles() => [];

    public static TokenModel Read(JsonPart part) => TypeOf(part) switch
    {
        "WordPiece" => WordPiece.Read(part),
        "BPE" => BytePairEncoding.Read(part),
        "Unigram" => Unigram.Read(part),
        "WordLevel" => WordLevel.Read(part),
        string other => throw part.Error($"Graft does not know a model of the type \"{other}\""),
    };

    // Files of the first library versions name no type: it follows from the members.
    private static string TypeOf(JsonPart part)
    {
        if (part.Find("type") is JsonPart type)
            return type.AsString();
        if (part.Find("merges") is not null)
            return "BPE";
        if (part.Member("vocab").Element.ValueKind == JsonValueKind.Array)
            return "Unigram";
        return part.Find("continuing_subword_prefix") is not null || part.Find("max_input_chars_per_word") is not null
            ? "WordPiece"
            : "WordLevel";
    }

    /// <summary>Reads the member <c>vocab</c>: an object from token to id.</summary>
    internal static Vocabulary ReadVocabulary(JsonPart vocab)
    {
        if (vocab.Element.ValueKind != JsonValueKind.Object) throw vocab.Error("an object from token to id was expected");
        Vocabulary vocabulary = new(vocab.Element.GetPropertyCount());
        foreach (JsonProperty member in vocab.Element.EnumerateObject())
        {
            if (!member.Value.TryGetInt32(out int id) || id is < 0 or >= Vocabulary.IdLimit)
            {
                throw vocab.Error(
                    $"the token \"{member.Name}\" has the id {member.Value.GetRawText()}; ids are whole numbers from 0 to "
                        + $"{Vocabulary.IdLimit - 1}"
                );
            }

            vocabulary.Add(member.Name, id);
        }

        return vocabulary;
    }

    private protected static void WriteVocabulary(Utf8JsonWriter json, Vocabulary vocabulary)
    {
        json.WriteStartObject("vocab");
        foreach ((string token, int id) in vocabulary.Tokens()) json.WriteNumber(token, id);
        json.WriteEndObject();
    }
}

/// <summary>Runs a model on one thread.</summary>
internal abstract class PieceEncoder
{
    /// <summary>Appends the tokens of a piece that is not empty.</summary>
    public abstract void Encode(ReadOnlySpan<char> piece, PieceTokens tokens);
}

/// <summary>A token of a piece.</summary>
/// <param name="Id">The id.</param>
/// <param name="Start">The first unit in the piece.</param>
/// <param name="End">One past its last unit.</param>
/// <param name="Surface">What it stands for in the text where that is not the vocabulary's token: an unknown piece of a Unigram
/// model.</param>
internal readonly record struct PieceToken(int Id, int Start, int End, string? Surface = null);

/// <summary>The tokens a model finds in one piece.</summary>
internal sealed class PieceTokens
{
    private PieceToken[] _tokens = new PieceToken[32];
    private int _count;

    public ReadOnlySpan<PieceToken> Tokens => _tokens.AsSpan(0, _count);

    /// <summary>Whether <see cref="PieceToken.Surface"/> is wanted; making it costs a string.</summary>
    public bool WithSurfaces { get; set; }

    public void Clear() => _count = 0;

    public void Add(PieceToken token)
    {
        if (_count == _tokens.Length) Array.Resize(ref _tokens, 2 * _count);
        _tokens[_count++] = token;
    }

    /// <summary>Takes back all tokens but the first <paramref name="count"/>.</summary>
    public void CutTo(int count) => _count = count;

    /// <summary>Turns round the tokens from index <paramref name="from"/> on, for a model that finds the last one first.</summary>
    public void ReverseFrom(int from) => _tokens.AsSpan(from, _count - from).Reverse();
}
