using System.Globalization;
using System.Runtime.InteropServices;
using Graft.Corpus.Readers;
using Graft.Data.Tables;

namespace Graft.Corpus;

/// <summary>
/// Keeps evaluation text out of a corpus: a document that shares a sequence of n words with it is left out (Brown et al. 2020, appendix C,
/// n = 13). Evaluation texts shorter than n words cannot be found this way and are counted.
/// </summary>
internal sealed class EvaluationOverlap
{
    private readonly Dictionary<ulong, int> _sequences = [];
    private readonly int _words;

    /// <summary>
    /// Reads the evaluation texts: every cell of a table (CSV, TSV, JSON Lines, Parquet), or every line of anything else.
    /// </summary>
    /// <param name="files">The files.</param>
    /// <param name="words">n.</param>
    /// <exception cref="InputException">A file cannot be read.</exception>
    public EvaluationOverlap(IReadOnlyList<string> files, int words)
    {
        if (words < 1) throw new InputException("exclude-words", words.ToString(CultureInfo.InvariantCulture), "at least 1");
        _words = words;
        Files = files;
        TooShort = new long[files.Count];
        List<ulong> hashes = [];
        for (int file = 0; file < files.Count; file++)
        {
            foreach (string text in Texts(files[file]))
            {
                hashes.Clear();
                WordHashes.Compute(text, hashes);
                if (hashes.Count is > 0 && hashes.Count < words) TooShort[file]++;
                ReadOnlySpan<ulong> all = CollectionsMarshal.AsSpan(hashes);
                for (int i = 0; i + words <= all.Length; i++) _sequences.TryAdd(WordHashes.Combine(all.Slice(i, words)), file);
            }
        }
    }

    /// <summary>The files in order.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>For each file the texts with fewer than n words.</summary>
    public long[] TooShort { get; }

    /// <summary>The file that a document shares a sequence with, −1 for none.</summary>
    public int Find(List<ulong> documentWords)
    {
        if (_sequences.Count == 0) return -1;
        ReadOnlySpan<ulong> all = CollectionsMarshal.AsSpan(documentWords);
        for (int i = 0; i + _words <= all.Length; i++)
        {
            if (_sequences.TryGetValue(WordHashes.Combine(all.Slice(i, _words)), out int file)) return file;
        }

        return -1;
    }

    private static IEnumerable<string> Texts(string path)
    {
        bool table = Graft.Data.DataFile.Extension(path) is ".csv" or ".tsv" or ".jsonl" or ".parquet";
        return table
            ? Table.Open(path).Rows().SelectMany(row => row.Cells).OfType<string>()
            : DocumentReader.Read(path).SelectMany(document => document.Split('\n'));
    }
}
