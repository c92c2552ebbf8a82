using System.Diagnostics;
using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

/// <summary>
/// Random damage to sound files of every format: each result loads or is refused by name, quickly and in bounded memory. A crash would end
/// the test run itself. GRAFT_FUZZ_ROUNDS sets the number of mutations of each format (100,000 for the long run; the seed is fixed).
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class MutatedFilesTests : IDisposable
{
    private const int DefaultRounds = 2000;
    private const long MemoryAllowance = 64L << 20;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("safetensors", "malformed/good.safetensors", "checkpoints/safetensors-mixed/model.safetensors")]
    [InlineData("index.json", "checkpoints/safetensors-sharded/model.safetensors.index.json")]
    [InlineData("zip", "malformed/good-zip.bin", "checkpoints/bin-zip-ordered-dict/pytorch_model.bin")]
    [InlineData("legacy", "malformed/good-legacy.bin", "checkpoints/bin-legacy/pytorch_model.bin")]
    [InlineData("tensorflow", "checkpoints/tensorflow-masked-lm/bert_model.ckpt.index")]
    public void DamageIsRefusedOrHarmless(string format, params string[] samples)
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_FUZZ_ROUNDS"), out int asked) ? asked : DefaultRounds;
        byte[][] sound = [.. samples.Select(sample => File.ReadAllBytes(Prepare(TestData.Shared(["parity", .. sample.Split('/')]))))];
        CounterRandom random = new(20260101);
        long largestDecoded = 0, before = ResidentBytes();
        int loaded = 0;
        for (int round = 0; round < rounds; round++)
        {
            int sample = round % samples.Length;
            string path = _folder.File(Path.GetFileName(samples[sample]));
            File.WriteAllBytes(path, Mutate(sound[sample], HeadOf(format, sound[sample]), ref random));
            Stopwatch watch = Stopwatch.StartNew();
            long decoded = Load(path);
            Assert.True(watch.Elapsed.TotalSeconds < 5, $"{format}, round {round}: took {watch.Elapsed.TotalSeconds:F1} s");
            largestDecoded = Math.Max(largestDecoded, decoded);
            if (decoded > 0) loaded++;
        }

        long growth = ResidentBytes() - before;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{format}: {rounds} mutations, {loaded} loaded, resident memory grew by {growth >> 20} MB"
        );
        Assert.InRange(growth, long.MinValue, MemoryAllowance + (2 * largestDecoded));
    }

    /// <summary>Files beside an index must be there for it to load.</summary>
    private string Prepare(string path)
    {
        foreach (string file in Directory.GetFiles(Path.GetDirectoryName(path)!))
        {
            if (file != path && Path.GetFileName(file) is ['m', 'o', ..] or ['b', 'e', ..])
                File.WriteAllBytes(_folder.File(Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        return path;
    }

    /// <summary>Reads everything; the bytes of all tensors as floats, or 0 when the file is refused.</summary>
    private static long Load(string path)
    {
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            return checkpoint.Tensors.Sum(tensor => tensor.ToSingles().LongLength * sizeof(float));
        }
        catch (InputException refusal)
        {
            Assert.False(refusal.Message.Contains('\n'), refusal.Message);
            return 0;
        }
    }

    /// <summary>Bytes at the start (the whole file for small ones) where damage matters most: headers, tables, pickles.</summary>
    private static int HeadOf(string format, byte[] sound) => format switch
    {
        "safetensors" => 8 + (int)BitConverter.ToInt64(sound),
        "zip" or "legacy" => Math.Min(sound.Length, 7000),
        _ => sound.Length,
    };

    /// <summary>One to four changes: a bit flipped, a byte or number replaced, a piece removed, repeated, or the rest cut off.</summary>
    private static byte[] Mutate(byte[] sound, int head, ref CounterRandom random)
    {
        List<byte> bytes = [.. sound];
        for (int changes = 1 + random.NextInt(4); changes > 0 && bytes.Count > 0; changes--)
        {
            bool inHead = random.NextInt(5) > 0;
            int at = random.NextInt(Math.Min(bytes.Count, inHead ? head : bytes.Count));
            if (!inHead) at = bytes.Count - 1 - Math.Min(at, bytes.Count - 1);
            int count = Math.Min(1 + random.NextInt(16), bytes.Count - at);
            switch (random.NextInt(8))
            {
                case 0: bytes[at] ^= (byte)(1 << random.NextInt(8)); break;
                case 1: bytes[at] = (byte)random.NextInt(256); break;
                case 2: bytes[at] = s_telling[random.NextInt(s_telling.Length)]; break;
                case 3: bytes.RemoveRange(at, count); break;
                case 4: bytes.InsertRange(at, bytes.GetRange(at, count)); break;
                case 5: bytes.InsertRange(at, Enumerable.Repeat((byte)random.NextInt(256), count)); break;
                case 6: for (int i = 0; i < count; i++) bytes[at + i] = 0xFF; break;
                default: if (random.NextInt(8) == 0) bytes.RemoveRange(at, bytes.Count - at); break;
            }
        }

        return [.. bytes];
    }

    /// <summary>Bytes that mean something: digits, quotes and brackets of JSON, instructions of pickles, extreme numbers.</summary>
    private static readonly byte[] s_telling =
    [
        0,
        1,
        0x7F,
        0x80,
        0xFF,
        .. "09-.\"{}[],:(.)tRcbQqhXK}]esu"u8,
        0x85,
        0x86,
        0x87,
        0x88,
        0x8A,
        0x8C,
        0x93,
        0x94,
    ];

    private static long ResidentBytes()
    {
        // Aggressive: the collector also hands back what the tests before this one had it commit.
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        using Process self = Process.GetCurrentProcess();
        return self.WorkingSet64;
    }
}
