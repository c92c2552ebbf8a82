using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Models;

/// <summary>
/// Byte-pair encoding: a piece starts as single characters, then neighbours merge, the pair first in the list first, the leftmost of
/// equals first: <c>l o w e r</c> → <c>lo w e r</c> → <c>low e r</c> → <c>low er</c>.
/// </summary>
internal sealed class BytePairEncoding : TokenModel
{
    private readonly IReadOnlyList<(string Left, string Right)> _merges;

    public BytePairEncoding(Vocabulary vocabulary, IReadOnlyList<(string Left, string Right)> merges)
    {
        Vocabulary = vocabulary;
        _merges = merges;
    }

    public override Vocabulary Vocabulary { get; }

    public override string? UnknownToken => Unknown;

    /// <summary>The token for characters that are not in the vocabulary; null drops them.</summary>
    public string? Unknown { get; init; }

    /// <summary>What marks every character but the first of a piece.</summary>
    public string ContinuingPrefix { get; init; } = "";

    /// <summary>What marks the last character of a piece.</summary>
    public string EndOfWordSuffix { get; init; } = "";

    /// <summary>Neighbouring unknown characters are one token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>A character that is not in the vocabulary becomes its bytes, <c>&lt;0xE2&gt;</c> and so on, if all of them are.</summary>
    public bool ByteFallback { get; init; }

    /// <summary>A piece that is a token as a whole is that token, whatever the merges would give.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>The merges by ids.</summary>
    public required MergeTable Merges { get; init; }

    /// <summary>The same pairs for words whose last character is marked.</summary>
    public BytePairEncoding WithWords(string unknown, string endOfWordSuffix) =>
        new(Vocabulary, _merges)
        {
            Merges = Merges,
            Unknown = unknown,
            EndOfWordSuffix = endOfWordSuffix,
        };

    public override PieceEncoder CreateEncoder() => new BytePairEncoder(this);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", Unknown);
        json.WriteString("continuing_subword_prefix", ContinuingPrefix);
        json.WriteString("end_of_word_suffix", EndOfWordSuffix);
        json.WriteBoolean("fuse_unk", FuseUnknown);
        json.WriteBoolean("byte_fallback", ByteFallback);
        json.WriteBoolean("ignore_merges", IgnoreMerges);
        WriteVocabulary(json, Vocabulary);
        json.WriteStartArray("merges");
        foreach ((string left, string right) in _merges)
        {
            json.WriteStartArray();
            json.WriteStringValue(left);
            json.WriteStringValue(right);
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public override IEnumerable<(string Name, Action<Stream> Write)> ClassicFiles() =>
    [
        ("vocab.json", stream => Loading.ClassicFiles.WriteVocabularyJson(Vocabulary, stream)),
        ("merges.txt", stream => Loading.ClassicFiles.WriteMerges(_merges, stream)),
    ];

    public static new BytePairEncoding Read(JsonPart part)
    {
        if (part.Find("dropout") is JsonPart dropout && dropout.AsDouble() != 0)
            throw dropout.Error("Graft does not encode with dropout: set it to null");
        Vocabulary vocabulary = ReadVocabulary(part.Member("vocab"));
        string? unknown = part.Find("unk_token")?.AsString();
        if (unknown is not null && vocabulary.IdOf(unknown) < 0) throw part.Error($"the vocabulary has no unknown token \"{unknown}\"");
        string prefix = part.String("continuing_subword_prefix", "");
        JsonPart list = part.Member("merges");
        List<(string, string)> merges = [.. list.Items().Select(ReadMerge)];
        return new(vocabulary, merges)
        {
            Merges = Link(merges, vocabulary, prefix, index => list.Items().ElementAt(index).Error("")),
            Unknown = unknown,
            ContinuingPrefix = prefix,
            EndOfWordSuffix = part.String("end_of_word_suffix", ""),
            FuseUnknown = part.Bool("fuse_unk", false),
            ByteFallback = part.Bool("byte_fallback", false),
            IgnoreMerges = part.Bool("ignore_merges", false),
        };
    }

    /// <summary>
    /// Turns merges of strings into merges of ids; <paramref name="place"/> makes the beginning of an error that names a merge.
    /// </summary>
    public static MergeTable Link(
        IReadOnlyList<(string Left, string Right)> merges,
        Vocabulary vocabulary,
        string continuingPrefix,
        Func<int, InputException> place
    )
    {
        (int Left, int Right, int Result)[] linked = new (int, int, int)[merges.Count];
        for (int i = 0; i < linked.Length; i++)
        {
            (string left, string right) = merges[i];
            string merged = left + (right.Length >= continuingPrefix.Length ? right[continuingPrefix.Length..] : right);
            linked[i] = (Find(left, i), Find(right, i), Find(merged, i));
        }

        return new(linked);

        int Find(string token, int index)
        {
            int id = vocabulary.IdOf(token);
            return id >= 0
                ? id
                : throw new InputException($"{place(index).Message}the merge needs the token \"{token}\", which is not in the vocabulary");
        }
    }

    private static (string Left, string Right) ReadMerge(JsonPart part)
    {
        if (part.Element.ValueKind == JsonValueKind.Array)
        {
            JsonPart[] pair = [.. part.Items()];
            return pair.Length == 2 ? (pair[0].AsString(), pair[1].AsString()) : throw part.Error("a pair of tokens was expected");
        }

        string[] halves = part.AsString().Split(' ');
        return halves.Length == 2 ? (halves[0], halves[1]) : throw part.Error("two tokens with a space between were expected");
    }
}
