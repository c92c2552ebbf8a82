using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Tests;

/// <summary>Words that all threads of a tokenizer remember together.</summary>
public sealed class WordMemoTests
{
    private const int Threads = 4, Words = 60_000;

    // Letters and pairs of them, so that every word is several tokens and the memo is full again and again.
    private const string Json = """
        {
          "pre_tokenizer": {"type": "BertPreTokenizer"},
          "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": {"[UNK]": 0, "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "##a": 9, "##b": 10, "##c": 11,
            "##d": 12, "##e": 13, "##f": 14, "##g": 15, "##h": 16, "##ab": 17, "##cde": 18}}
        }
        """;

    [Fact]
    public void ThreadsThatLearnAndForgetTogetherGiveWhatOneGivesAlone()
    {
        TokenizerParts parts = ((PipelineCore)Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(Json)).Core).Parts;
        string[] words = [.. Enumerable.Range(0, Words).Select(Word)];
        int[][] expected = Encode(parts with { Scanner = ScannerKind.None }, new WordMemo(), words, first: 0);
        WordMemo shared = new();
        int[][][] found = new int[Threads][][];
        Thread[] threads =
        [
            .. Enumerable
                .Range(0, Threads)
                .Select(i => new Thread(() => found[i] = Encode(parts, shared, words, first: i * Words / (2 * Threads)))),
        ];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        foreach (int[][] ids in found)
            Assert.Equal(expected, ids);
    }

    /// <summary>The ids of each word, twice over, from some place on and round to it.</summary>
    private static int[][] Encode(TokenizerParts parts, WordMemo memo, string[] words, int first)
    {
        EncodeSession session = new(parts, memo);
        TokenBuffer tokens = new();
        int[][] ids = new int[words.Length][];
        for (int i = 0; i < 2 * words.Length; i++)
        {
            int index = (first + i) % words.Length;
            tokens.Clear();
            session.Encode(words[index], splitSpecialTokens: false, tokens);
            ids[index] = tokens.Ids.ToArray();
        }

        return ids;
    }

    /// <summary>Six letters of eight: all numbers are different words.</summary>
    private static string Word(int number) => string.Create(6, number, static (letters, rest) =>
    {
        for (int i = 0; i < letters.Length; i++) (letters[i], rest) = ((char)('a' + (rest % 8)), rest / 8);
    });
}
