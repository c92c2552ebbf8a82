using System.IO.Compression;
using System.Text;

namespace Graft.Tokenizers.Training;

/// <summary>
/// Text to train on, read as blocks of whole lines in UTF-8, one after the other, so that it may be larger than memory. Files that end
/// in <c>.gz</c> are decompressed on the way.
/// </summary>
internal abstract class Corpus
{
    private const int BlockSize = 1 << 20;

    /// <summary>Text from files, one line an item.</summary>
    public static Corpus FromFiles(IReadOnlyList<string> files) => new FileCorpus(files);

    /// <summary>Text from strings; a string is an item even when line feeds are in it.</summary>
    public static Corpus FromLines(IEnumerable<string> lines) => new LineCorpus(lines);

    /// <summary>The blocks in order; each is the caller's to keep.</summary>
    public abstract IEnumerable<Block> Blocks();

    /// <summary>Whole items of text in UTF-8: <c>Ends[i]</c> is where item i ends and item i + 1 begins.</summary>
    internal sealed class Block
    {
        public byte[] Bytes { get; set; } = new byte[BlockSize];

        public List<int> Ends { get; } = [];
    }

    private sealed class LineCorpus(IEnumerable<string> lines) : Corpus
    {
        public override IEnumerable<Block> Blocks()
        {
            Block block = new();
            int used = 0;
            foreach (string line in lines)
            {
                int most = System.Text.Encoding.UTF8.GetMaxByteCount(line.Length);
                if (used + most > block.Bytes.Length && used > 0)
                {
                    yield return block;
                    block = new();
                    used = 0;
                }

                if (most > block.Bytes.Length) block.Bytes = new byte[most];
                used += System.Text.Encoding.UTF8.GetBytes(line, block.Bytes.AsSpan(used));
                block.Ends.Add(used);
            }

            if (used > 0) yield return block;
        }
    }

    private sealed class FileCorpus(IReadOnlyList<string> files) : Corpus
    {
        public override IEnumerable<Block> Blocks()
        {
            foreach (string file in files)
            {
                using Stream stream = Open(file);
                foreach (Block block in BlocksOf(stream, file)) yield return block;
            }
        }

        private static Stream Open(string file)
        {
            try
            {
                FileStream stream = new(
                    file,
                    FileMode.Open,
                    FileAccess.Read,
                    FileShare.Read,
                    bufferSize: 1 << 16,
                    FileOptions.SequentialScan
                );
                return file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)
                    ? new GZipStream(stream, CompressionMode.Decompress)
                    : stream;
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new InputException($"{file}: the training text cannot be read: {error.Message}", error);
            }
        }

        private static IEnumerable<Block> BlocksOf(Stream stream, string file)
        {
            Block block = new();
            int used = 0;
            while (true)
            {
                int read = Read(stream, block.Bytes.AsSpan(used), file);
                used += read;
                if (read > 0 && used < block.Bytes.Length) continue;

                int whole = read == 0 ? used : block.Bytes.AsSpan(0, used).LastIndexOf((byte)'\n') + 1;
                if (whole == 0 && read > 0)
                {
                    // A line longer than the block.
                    byte[] larger = new byte[2 * block.Bytes.Length];
                    block.Bytes.AsSpan(0, used).CopyTo(larger);
                    block.Bytes = larger;
                    continue;
                }

                Block next = new();
                if (next.Bytes.Length < used - whole + BlockSize / 2) next.Bytes = new byte[used - whole + BlockSize];
                block.Bytes.AsSpan(whole, used - whole).CopyTo(next.Bytes);
                FindLines(block, whole);
                if (block.Ends.Count > 0) yield return block;
                if (read == 0) yield break;
                block = next;
                used -= whole;
            }
        }

        private static int Read(Stream stream, Span<byte> buffer, string file)
        {
            try
            {
                return buffer.IsEmpty ? 1 : stream.Read(buffer);
            }
            catch (Exception error) when (error is IOException or InvalidDataException)
            {
                throw new InputException($"{file}: the training text cannot be read: {error.Message}", error);
            }
        }

        private static void FindLines(Block block, int length)
        {
            int start = 0;
            while (start < length)
            {
                int end = block.Bytes.AsSpan(start, length - start).IndexOf((byte)'\n');
                start = end < 0 ? length : start + end + 1;
                block.Ends.Add(start);
            }
        }
    }
}
