using Graft.Corpus.Duplicates;
using Graft.Corpus.Readers;

namespace Graft.Corpus;

/// <summary>How far a build is.</summary>
/// <param name="Documents">Documents read.</param>
/// <param name="TextBytes">UTF-8 bytes of text read.</param>
/// <param name="File">The file being read.</param>
public readonly record struct CorpusProgress(long Documents, long TextBytes, string File);

/// <summary>
/// Raw text → filtered, de-duplicated, tokenized shards. One thread reads and writes, the others prepare documents (hashes, filters,
/// sentences, tokens); what they did is taken in the order of reading, so the result does not depend on their number. Memory is bounded by
/// the batches in flight. An interrupted build goes on where it was last made safe.
/// </summary>
public sealed class CorpusBuilder
{
    private const int BatchCharacters = 1 << 19;
    private const long BytesBetweenSaves = 64 << 20;
    private const int OverlapExamples = 5;
    private readonly CorpusOptions _options;
    private readonly ICorpusTokenizer _tokenizer;
    private readonly string _folder;
    private readonly (int Source, string Path)[] _files;
    private readonly Stack<DocumentBatch> _free = [];

    /// <param name="options">What is built.</param>
    /// <param name="tokenizer">Makes tokens of text.</param>
    /// <param name="folder">The corpus folder.</param>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public CorpusBuilder(CorpusOptions options, ICorpusTokenizer tokenizer, string folder)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _tokenizer, _folder) = (options, tokenizer, folder);
        _files = options.Sources.SelectMany((source, i) => source.Files.Select(file => (i, file))).ToArray();
    }

    private string StatePath => Path.Combine(_folder, BuildState.FileName);

    private string IndexFolder => Path.Combine(_folder, "index");

    /// <summary>Builds the corpus, or goes on with it. Cancelling leaves a state to go on from.</summary>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Stops the build behind a batch.</param>
    /// <exception cref="InputException">The folder holds another corpus or build, or an input is damaged.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public CorpusManifest Build(Action<CorpusProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (File.Exists(Path.Combine(_folder, CorpusManifest.FileName)))
            throw new InputException($"{_folder} already holds a corpus; choose another folder or `overwrite`");
        try
        {
            Directory.CreateDirectory(_folder);
            BuildState state = LoadState();
            EvaluationOverlap overlap = new(_options.Exclude, _options.ExcludeWords);
            state = Run(state, overlap, progress, cancellationToken);
            CorpusManifest manifest = Describe(state, overlap);
            manifest.Save(_folder);
            File.Delete(StatePath);
            if (Directory.Exists(IndexFolder)) Directory.Delete(IndexFolder, recursive: true);
            return manifest;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && failure is not FileNotFoundException)
        {
            throw new RunFailedException(
                $"{_folder}: {AtomicFile.Explain(failure)}; the same command goes on from the last saved state",
                failure
            );
        }
    }

    private BuildState Run(
        BuildState state,
        EvaluationOverlap overlap,
        Action<CorpusProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        using SplitWriters writers = new(_options, _folder, _tokenizer.VocabularySize > ushort.MaxValue + 1, state);
        using DuplicateIndex? duplicates = _options.RemoveDuplicates ? new(IndexFolder, _options.NearDuplicateSimilarity) : null;
        Queue<(DocumentBatch Batch, System.Threading.Tasks.Task Work)> inFlight = [];
        long bytes = state.Sources.Sum(source => source.TextBytes), savedBytes = bytes;

        void TakeFirst()
        {
            (DocumentBatch batch, System.Threading.Tasks.Task work) = inFlight.Dequeue();
            work.GetAwaiter().GetResult();
            long before = bytes;
            foreach (PreparedDocument document in batch.Prepared) bytes += document.TextBytes;
            state = Take(state, batch, duplicates, writers);
            _free.Push(batch);
            progress?.Invoke(new CorpusProgress(state.Documents, bytes, _files[Math.Min(state.Next.File, _files.Length - 1)].Path));
            if (bytes - savedBytes < BytesBetweenSaves && !cancellationToken.IsCancellationRequested) return;
            Save(state, writers, duplicates);
            savedBytes = bytes;
            cancellationToken.ThrowIfCancellationRequested();
        }

        try
        {
            foreach (DocumentBatch batch in Batches(state.Next))
            {
                inFlight.Enqueue(
                    (batch, System.Threading.Tasks.Task.Run(() => batch.Prepare(_options, _tokenizer, overlap), CancellationToken.None))
                );
                while (inFlight.Count > _options.Threads * 2)
                    TakeFirst();
            }

            while (inFlight.Count > 0) TakeFirst();
        }
        finally
        {
            System.Threading.Tasks.Task.WaitAll([.. inFlight.Select(item => item.Work.ContinueWith(_ => { }, TaskScheduler.Default))]);
        }

        Save(state, writers, duplicates);
        return state;
    }

    private IEnumerable<DocumentBatch> Batches(ReadPosition start)
    {
        for (int file = start.File; file < _files.Length; file++)
        {
            (int source, string path) = _files[file];
            long taken = file == start.File ? start.Document : 0;
            bool isCode = DocumentReader.IsSourceCode(path);
            DocumentBatch batch = FreeBatch(source, isCode);
            foreach (string text in DocumentReader.Read(path, _options.TextField).Skip((int)Math.Min(int.MaxValue, taken)))
            {
                batch.Add(text);
                taken++;
                if (batch.Characters < BatchCharacters) continue;
                batch.Next = new ReadPosition(file, taken);
                yield return batch;
                batch = FreeBatch(source, isCode);
            }

            batch.Next = new ReadPosition(file + 1, 0);
            yield return batch;
        }
    }

    private DocumentBatch FreeBatch(int source, bool isCode)
    {
        DocumentBatch batch = _free.Count > 0 ? _free.Pop() : new DocumentBatch();
        batch.Reset(source, isCode);
        return batch;
    }

    /// <summary>Decides about prepared documents in order, and writes those that stay.</summary>
    private BuildState Take(BuildState state, DocumentBatch batch, DuplicateIndex? duplicates, SplitWriters writers)
    {
        SourceState source = state.Sources[batch.Source];
        long number = state.Documents;
        for (int i = 0; i < batch.Prepared.Count; i++, number++)
        {
            PreparedDocument document = batch.Prepared[i];
            source.Documents++;
            source.TextBytes += document.TextBytes;
            if (document.OverlapFile >= 0) NoteOverlap(state, document.OverlapFile, batch.Text(i));
            DropReason reason = document.Reason;
            if (reason == DropReason.None && duplicates is not null)
                reason = duplicates.Judge(number, document.Key, document.Sketch, document.BandKeys);
            if (reason == DropReason.None)
                writers.For(batch.Source, IsHeldOut(document.Key)).Append(batch, document, _tokenizer.SeparatorId);
            else
                source.Dropped[TextFilter.Name(reason)] = source.Dropped.GetValueOrDefault(TextFilter.Name(reason)) + 1;
        }

        return state with { Documents = number, Next = batch.Next };
    }

    // By content, so that the split depends neither on the order of the files nor on what else is in the corpus.
    private bool IsHeldOut(ulong key) => (CounterRandom.Key((ulong)_options.Seed, key) >> 11) * (1.0 / (1ul << 53)) < _options.HeldOutShare;

    private static void NoteOverlap(BuildState state, int file, string text)
    {
        state.OverlapDocuments[file]++;
        if (state.OverlapExamples[file].Count < OverlapExamples)
            state.OverlapExamples[file].Add(text[..Math.Min(text.Length, 120)].Replace('\n', ' '));
    }

    private BuildState LoadState()
    {
        string fingerprint = Fingerprint();
        if (File.Exists(StatePath))
        {
            BuildState state = CorpusManifest.Parse<BuildState>(StatePath);
            if (state.Fingerprint == fingerprint)
                return state;
            throw new InputException(
                $"{_folder} holds an unfinished build with other options or another tokenizer; give those again, or `overwrite`"
            );
        }

        if (Directory.Exists(IndexFolder)) Directory.Delete(IndexFolder, recursive: true);
        return new BuildState
        {
            Fingerprint = fingerprint,
            Sources = [.. _options.Sources.Select(_ => new SourceState())],
            OverlapDocuments = new long[_options.Exclude.Count],
            OverlapExamples = [.. _options.Exclude.Select(_ => new List<string>())],
        };
    }

    private string Fingerprint()
    {
        string json = CorpusManifest.ToJson(_options with { Threads = 1 }) + _tokenizer.Fingerprint;
        return Sha256.Of(json);
    }

    private void Save(BuildState state, SplitWriters writers, DuplicateIndex? duplicates)
    {
        writers.Flush();
        duplicates?.Flush();
        AtomicFile.WriteText(StatePath, CorpusManifest.ToJson(state));
    }

    private CorpusManifest Describe(BuildState state, EvaluationOverlap overlap) =>
        new()
        {
            Tokenizer = _tokenizer.Fingerprint,
            VocabularySize = _tokenizer.VocabularySize,
            SeparatorId = _tokenizer.SeparatorId,
            HeldOutShare = _options.HeldOutShare,
            Seed = _options.Seed,
            Sources = [.. _options.Sources.Select((source, i) => Describe(source, i, state.Sources[i]))],
            Overlap =
            [
                .. overlap.Files.Select(
                    (file, i) => new OverlapReport(file, state.OverlapDocuments[i], overlap.TooShort[i], state.OverlapExamples[i])
                ),
            ],
        };

    private static CorpusSourceReport Describe(CorpusSource source, int number, SourceState state) =>
        new()
        {
            Name = source.Name,
            Weight = source.Weight,
            Files = [.. source.Files.Select(Describe)],
            Documents = state.Documents,
            TextBytes = state.TextBytes,
            Dropped = state.Dropped,
            Train =
            [
                .. state.Train.Select(
                    (lengths, i) => new CorpusShard(SplitWriter.ShardName(SplitWriters.Name(number, heldOut: false), i), lengths)
                ),
            ],
            HeldOut =
            [
                .. state.HeldOut.Select(
                    (lengths, i) => new CorpusShard(SplitWriter.ShardName(SplitWriters.Name(number, heldOut: true), i), lengths)
                ),
            ],
        };

    private static CorpusFile Describe(string path)
    {
        using FileStream file = File.OpenRead(path);
        return new CorpusFile(path, file.Length, Sha256.Of(file));
    }
}
