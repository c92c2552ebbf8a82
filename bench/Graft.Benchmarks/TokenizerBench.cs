using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Graft.Tokenizers;

namespace Graft.Benchmarks;

/// <summary>
/// The speed of the tokenizers, ids only into a buffer, one thread unless it says otherwise; one line a figure: kind, shape, MB of UTF-8 a
/// second, SHA-256 of all ids. <c>bench/tokenizers.sh</c> runs it beside the reference and prints the ratios.
/// </summary>
internal static class TokenizerBench
{
    private const int TextCharacters = 6_000_000;
    private const int LinesPerDocument = 200;
    private const int BatchesOfTurn = 3;

    private static readonly (string Kind, string Folder)[] s_kinds =
        [("wordpiece", "bert-base-uncased"), ("byte-bpe", "roberta-base"), ("unigram", "t5-base")];

    public static void Run(string shared, int rounds)
    {
        string[] lines = ReadLines(Path.Combine(shared, "data/text/books/books-01-of-08.txt.gz"));
        string[] documents = [.. lines.Chunk(LinesPerDocument).Select(chunk => string.Join('\n', chunk))];
        Say("machine", "two-threads-gain", TwoThreadsGainOfMachine(lines, rounds), "-");
        foreach ((string kind, string folder) in s_kinds)
        {
            string file = Path.Combine(shared, "vocab", folder, "tokenizer.json");
            long started = Stopwatch.GetTimestamp();
            Tokenizer tokenizer = Tokenizer.Load(file);
            Say(kind, "load-ms", Stopwatch.GetElapsedTime(started).TotalMilliseconds, "-");
            foreach ((string shape, string[] texts) in new[] { ("lines", lines), ("documents", documents) })
            {
                double megabytes = texts.Sum(text => (long)System.Text.Encoding.UTF8.GetByteCount(text)) / 1e6;
                TokenBuffer ids = new();
                TokenBuffer offsets = new(withOffsets: true);
                string hash = Hash(tokenizer, texts);
                double empty = Fastest(rounds, () => EncodeEmpty(tokenizer, texts.Length, ids));
                double single = Fastest(rounds, () => EncodeAll(tokenizer, texts, ids)) - empty;
                long before = GC.GetAllocatedBytesForCurrentThread();
                EncodeAll(tokenizer, texts, ids);
                long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
                double withOffsets = Fastest(rounds, () => EncodeAll(tokenizer, texts, offsets)) - empty;
                TokenBuffer[] buffers = [.. texts.Select(_ => new TokenBuffer())];
                (double gain, double work) = TwoThreads(rounds, Batch);

                Say(kind, shape, megabytes / single, hash);
                Say(kind, shape + "-offsets-cost", withOffsets / single, "-");
                Say(kind, shape + "-two-threads-gain", gain, "-");
                Say(kind, shape + "-two-threads-work", work, "-");
                Say(kind, shape + "-allocated-bytes", allocated, "-");

                // Which thread gets which texts differs from time to time, and each has to meet them all first: the fastest of many counts.
                double Batch(int threads, bool inCpuTime)
                {
                    EncodeOptions options = new() { Threads = threads };
                    return Fastest(BatchesOfTurn, () => tokenizer.EncodeToBuffers(texts, buffers, options), inCpuTime);
                }
            }
        }
    }

    /// <summary>
    /// What a second thread is worth on this machine where threads share nothing: every text's letters are counted, half of the texts each.
    /// </summary>
    private static double TwoThreadsGainOfMachine(string[] texts, int rounds)
    {
        const int passes = 10;
        int[] letters = new int[2 * 64]; // a cache line for each thread's count, and more
        void Count(int part, int parts)
        {
            int count = 0;
            for (int pass = 0; pass < passes; pass++)
            {
                for (int text = part * texts.Length / parts; text < (part + 1) * texts.Length / parts; text++)
                {
                    foreach (char character in texts[text]) count = (count * 31) + (char.IsAsciiLetter(character) ? character : 1);
                }
            }

            letters[part * 64] = count;
        }

        return TwoThreads(rounds, (threads, inCpuTime) =>
            Fastest(1, () => Parallel.For(0, threads, part => Count(part, threads)), inCpuTime)
        ).Gain;
    }

    /// <summary>
    /// What two threads gain over one, by the clock, and their work over one's, in processor time. One thread is the mean of the two cores,
    /// each measured alone: where others use the machine, one core may be half as fast again as the other for minutes.
    /// </summary>
    private static (double Gain, double Work) TwoThreads(int rounds, Func<int, bool, double> seconds)
    {
        using Process process = Process.GetCurrentProcess();
        nint all = OperatingSystem.IsLinux() ? process.ProcessorAffinity : 0;
        nint first = all & -all, second = (all & ~first) & -(all & ~first);
        nint[] cores = second == 0 ? [all] : [first, second];
        double[] one = [.. cores.Select(_ => double.MaxValue)], oneWork = [.. one];
        double two = double.MaxValue, twoWork = double.MaxValue;
        for (int round = 0; round < 2 * rounds; round++) // by turns: others on the machine disturb all alike
        {
            for (int core = 0; core < cores.Length; core++)
            {
                Pin(cores[core]);
                (one[core], oneWork[core]) = (Math.Min(one[core], seconds(1, false)), Math.Min(oneWork[core], seconds(1, true)));
            }

            Pin(all);
            (two, twoWork) = (Math.Min(two, seconds(2, false)), Math.Min(twoWork, seconds(2, true)));
        }

        return (one.Length / one.Sum(time => 1 / time) / two, twoWork * oneWork.Sum(time => 1 / time) / oneWork.Length);

        // The affinity of the main thread, which does the work of one.
        void Pin(nint mask)
        {
            if (OperatingSystem.IsLinux() && cores.Length > 1) process.ProcessorAffinity = mask;
        }
    }

    private static string[] ReadLines(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        char[] text = new char[TextCharacters];
        int length = reader.ReadBlock(text);
        return [.. new string(text, 0, length).Split('\n').Where(line => line.AsSpan().Trim().Length > 0)];
    }

    private static void EncodeAll(Tokenizer tokenizer, ReadOnlySpan<string> texts, TokenBuffer tokens)
    {
        foreach (string text in texts) tokenizer.Encode(text, tokens);
    }

    private static void EncodeEmpty(Tokenizer tokenizer, int times, TokenBuffer tokens)
    {
        for (int i = 0; i < times; i++) tokenizer.Encode("", tokens);
    }

    // CPU time says what a thread costs even while others use the machine; what two threads gain only the clock can tell.
    private static double Fastest(int rounds, Action action, bool inCpuTime = true)
    {
        double fastest = double.MaxValue;
        for (int i = 0; i < rounds; i++)
        {
            TimeSpan started = Environment.CpuUsage.TotalTime;
            long startedAt = Stopwatch.GetTimestamp();
            action();
            TimeSpan taken = inCpuTime ? Environment.CpuUsage.TotalTime - started : Stopwatch.GetElapsedTime(startedAt);
            fastest = Math.Min(fastest, taken.TotalSeconds);
        }

        return fastest;
    }

    private static string Hash(Tokenizer tokenizer, string[] texts)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        TokenBuffer tokens = new();
        foreach (string text in texts)
        {
            tokenizer.Encode(text, tokens);
            hash.AppendData(MemoryMarshal.AsBytes(tokens.Ids));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Say(string kind, string what, double value, string hash) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kind} {what} {value:0.##} {hash}"));
}
