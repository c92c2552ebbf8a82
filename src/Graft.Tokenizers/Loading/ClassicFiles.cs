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

    /// <summary>The whole text of a file in UTF-8.</summary>
    public static string ReadText(string path)
    {
        try
        {
            return s_strictUtf8.GetString(File.ReadAllBytes(path)).TrimStart('\uFEFF');
        }
        catch (System.Text.DecoderFallbackException exception)
        {
            throw new InputException($"{path}: not valid UTF-8 at byte {exception.Index}", exception);
        }
    }
}
