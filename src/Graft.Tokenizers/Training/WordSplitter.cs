using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Text;

namespace Graft.Tokenizers.Training;

/// <summary>
/// Normalizes and splits items of text into the words that vocabularies are trained on. One splitter serves one thread. It does what the
/// steps of the trained tokenizer will do; only ranges of the original text are not kept.
/// </summary>
internal abstract class WordSplitter
{
    /// <summary>Counts the words of one item, UTF-8 without its line end.</summary>
    public abstract void Count(ReadOnlySpan<byte> item, WordCounter counter);

    /// <summary>Counts the words of a corpus on several threads. Counts do not depend on the number of threads.</summary>
    public static WordCounts CountAll(Corpus corpus, Func<WordSplitter> create, int threads)
    {
        using BlockingCollection<Corpus.Block> blocks = new(boundedCapacity: 2 * threads + 2);
        WordCounter[] counters = [.. Enumerable.Range(0, threads).Select(_ => new WordCounter())];
        ExceptionDispatchInfo? failure = null;
        Thread[] workers = [.. counters.Select(counter => new Thread(() => Work(counter)) { IsBackground = true })];
        foreach (Thread worker in workers) worker.Start();
        try
        {
            foreach (Corpus.Block block in corpus.Blocks())
            {
                if (failure is not null) break;
                blocks.Add(block);
            }
        }
        finally
        {
            blocks.CompleteAdding();
            foreach (Thread worker in workers) worker.Join();
        }

        failure?.Throw();
        for (int i = 1; i < counters.Length; i++) counters[0].Add(counters[i]);
        return counters[0].ToSorted();

        void Work(WordCounter counter)
        {
            WordSplitter splitter = create();
            foreach (Corpus.Block block in blocks.GetConsumingEnumerable())
            {
                if (failure is not null) continue;
                try
                {
                    splitter.CountBlock(block, counter);
                }
                catch (Exception error)
                {
                    failure = ExceptionDispatchInfo.Capture(error);
                }
            }
        }
    }

    private void CountBlock(Corpus.Block block, WordCounter counter)
    {
        int start = 0;
        foreach (int end in block.Ends)
        {
            ReadOnlySpan<byte> item = block.Bytes.AsSpan(start, end - start);
            if (item.EndsWith("\n"u8)) item = item[..^1];
            if (item.EndsWith("\r"u8)) item = item[..^1];
            Count(item, counter);
            start = end;
        }
    }

    /// <summary>The first code point of UTF-8 text; bytes that are no character read as U+FFFD.</summary>
    protected static int Decode(ReadOnlySpan<byte> text, out int length)
    {
        if (text[0] < 128)
        {
            length = 1;
            return text[0];
        }

        return Rune.DecodeFromUtf8(text, out Rune rune, out length) == OperationStatus.Done ? rune.Value : Rune.ReplacementChar.Value;
    }
}
