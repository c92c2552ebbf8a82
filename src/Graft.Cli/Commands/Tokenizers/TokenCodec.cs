using System.Text.Json;
using Graft.Tokenizers;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary>
/// Answers records: <c>{"text", "pair"?, "options"?}</c> with ids, tokens and offsets, <c>{"ids"}</c> with text. There are two: a tokenizer
/// with its special tokens, and a plain SentencePiece model.
/// </summary>
internal abstract class TokenCodec
{
    /// <summary>Loads what <c>--tokenizer</c> names.</summary>
    public static TokenCodec Load(string path) => SentencePieceFile(path) is string file
        ? new SentencePieceCodec(SentencePieceProcessor.Load(file))
        : new TokenizerCodec(Tokenizer.Load(path));

    /// <summary>The model file, when the path is one or is a folder with nothing else to load.</summary>
    public static string? SentencePieceFile(string path)
    {
        if (File.Exists(path))
            return Path.GetExtension(path) is ".model" or ".spm" ? path : null;
        if (!Directory.Exists(path))
            return null;
        if (
            new[] { "tokenizer.json", "vocab.txt", "vocab.json", "tokenizer_config.json", "config.json" }.Any(name =>
                File.Exists(Path.Combine(path, name))
            )
        )
            return null;
        string[] models = [.. Directory.EnumerateFiles(path, "*.model"), .. Directory.EnumerateFiles(path, "*.spm")];
        return models.Length == 1 ? models[0] : null;
    }

    /// <summary>Writes the members that answer a record of texts.</summary>
    /// <exception cref="InputException">The record cannot be answered.</exception>
    public abstract void Encode(TokenRecord record, TokenOptions options, Utf8JsonWriter json);

    /// <summary>Writes the members that answer a record of ids.</summary>
    /// <exception cref="InputException">An id is not in the vocabulary.</exception>
    public abstract void Decode(int[] ids, Utf8JsonWriter json);

    /// <summary>The text of ids, special tokens left out.</summary>
    public abstract string Decode(int[] ids);

    /// <summary>Adds a text to statistics.</summary>
    public abstract void Count(string text, string? pair, TokenOptions options, TokenStatistics statistics);

    protected static void WriteNumbers(Utf8JsonWriter json, string name, ReadOnlySpan<int> values)
    {
        json.WriteStartArray(name);
        foreach (int value in values) json.WriteNumberValue(value);
        json.WriteEndArray();
    }

    protected static void WriteStrings(Utf8JsonWriter json, string name, IEnumerable<string?> values)
    {
        json.WriteStartArray(name);
        foreach (string? value in values) json.WriteStringValue(value);
        json.WriteEndArray();
    }

    protected static void WriteRanges(Utf8JsonWriter json, string name, IEnumerable<(int Start, int End)> ranges)
    {
        json.WriteStartArray(name);
        foreach ((int start, int end) in ranges)
        {
            json.WriteStartArray();
            json.WriteNumberValue(start);
            json.WriteNumberValue(end);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }
}
