using System.Text.Encodings.Web;
using System.Text.Json;
using Graft.Tokenizers.Models;

namespace Graft.Tokenizers.Loading;

/// <summary>The vocabulary files from before <c>tokenizer.json</c>.</summary>
internal static class ClassicFiles
{
    private static readonly System.Text.UTF8Encoding s_strictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads <c>vocab.txt</c>: one token a line, its id the number of the line from 0.</summary>
    public static Vocabulary ReadVocabularyText(string path)
    {
        string[] lines = ReadText(path).Split('\n');
        int count = lines[^1].Length == 0 ? lines.Length - 1 : lines.Length;
        if (count == 0) throw new InputException($"{path}: the file is empty; a vocabulary has one token a line");
        Vocabulary vocabulary = new(count);
        for (int id = 0; id < count; id++) vocabulary.Add(lines[id].TrimEnd('\r'), id);
        return vocabulary;
    }

    /// <summary>Writes <c>vocab.txt</c>.</summary>
    public static void WriteVocabularyText(Vocabulary vocabulary, Stream stream)
    {
        using StreamWriter writer = new(stream, s_strictUtf8, leaveOpen: true) { NewLine = "\n" };
        for (int id = 0; id < vocabulary.IdEnd; id++) writer.WriteLine(vocabulary.TokenOf(id));
    }

    /// <summary>Reads <c>merges.txt</c>: a merge a line, best first, after a line that names the version.</summary>
    public static List<(string Left, string Right)> ReadMerges(string path)
    {
        List<(string, string)> merges = [];
        int number = 0;
        foreach (string line in ReadText(path).Split('\n'))
        {
            number++;
            string merge = line.TrimEnd('\r');
            if (merge.Length == 0 || (number == 1 && merge.StartsWith("#version", StringComparison.Ordinal))) continue;
            string[] halves = merge.Split(' ');
            if (halves.Length != 2)
                throw new InputException($"{path}: line {number}: two tokens with a space between were expected, \"{merge}\" was found");
            merges.Add((halves[0], halves[1]));
        }

        return merges;
    }

    /// <summary>Writes <c>merges.txt</c>.</summary>
    public static void WriteMerges(IEnumerable<(string Left, string Right)> merges, Stream stream)
    {
        using StreamWriter writer = new(stream, s_strictUtf8, leaveOpen: true) { NewLine = "\n" };
        writer.WriteLine("#version: 0.2");
        foreach ((string left, string right) in merges) writer.WriteLine($"{left} {right}");
    }

    /// <summary>Writes <c>vocab.json</c>.</summary>
    public static void WriteVocabularyJson(Vocabulary vocabulary, Stream stream)
    {
        using Utf8JsonWriter json = new(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        foreach ((string token, int id) in vocabulary.Tokens()) json.WriteNumber(token, id);
        json.WriteEndObject();
    }

    /// <summary>The whole text of a file in UTF-8.</summary>
    public static string ReadText(string path)
    {
        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            LfsPointer.Refuse(bytes, path);
            return s_strictUtf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (System.Text.DecoderFallbackException exception)
        {
            throw new InputException($"{path}: not valid UTF-8 at byte {exception.Index}", exception);
        }
    }
}
