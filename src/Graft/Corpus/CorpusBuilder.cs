using Graft.Corpus.Duplicates;
using Graft.Corpus.Readers;
using Graft.Distributed;

namespace Graft.Corpus;

/// <summary>How far a build is.</summary>
/// <param name="Documents">Documents read.</param>
/// <param name="TextBytes">UTF-8 bytes of text read.</param>
/// <param name="File">The file being read.</param>
public readonly record struct CorpusProgress(long Documents, long TextBytes, string File);

/// <summary>
/// Raw text → filtered, de-duplicated, tokenized shards. One thread reads and writes, the others prepare documents (hashes, filters,
/// sentences, tokens); what they did is taken in the order of reading, so the result does not depend on their number. Memory is bounded by
/// the batches in flight. An interrupted build goes on where it was last made safe. Several ranks share the files among them, and rank 0
/// takes what they have prepared in the same order.
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
    private readonly IProcessGroup _processes;

    /// <param name="options">What is built.</param>
    /// <param name="tokenizer">Makes tokens of text.</param>
    /// <param name="folder">The corpus folder; all ranks see it.</param>
    /// <param name="processes">The ranks that build it together; null for this process alone.</param>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public CorpusBuilder(CorpusOptions options, ICorpusTokenizer tokenizer, string folder, IProcessGroup? processes = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _tokenizer, _folder, _processes) = (options, tokenizer, folder, processes ?? SingleProcess.Instance);
        _files = options.Sources.SelectMany((source, i) => source.Files.Select(file => (i, file))).ToArray();
    }

    private string StatePath => Path.Combine(_folder, BuildState.FileName);

    private string IndexFolder => Path.Combine(_folder, "index");

    private string PreparedFolder => Path.Combine(_folder, "prepared");

    /// <summary>Builds the corpus, or goes on with it. Cancelling leaves a state to go on from.</summary>
    /// <param name="progress">Told after every batch.</param>
    /// <param name="cancellationToken">Stops the build behind a batch.</param>
    /// <returns>What the corpus is made of, on all ranks.</returns>
    /// <exception cref="InputException">The folder holds another corpus or build, or an input is damaged.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    /// <exception cref="RankMissingException">A rank did not come within the limit.</exception>
    public CorpusManifest Build(Action<CorpusProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_processes.Size > 1) return BuildTogether(progress, cancellationToken);
        RequireFree();
        return Guarded(() =>
        {
            EvaluationOverlap overlap = new(_options.Exclude, _options.ExcludeWords);
            return Finish(Run(LoadState(), overlap, prepared: null, progress, cancellationToken));
        });
    }

    private CorpusManifest BuildTogether(Action<CorpusProgress>? progress, CancellationToken cancellationToken)
    {
        bool isFirst = _processes.Rank == 0;
        if (isFirst) RequireFree();
        string fingerprint = Fingerprint();
        PreparedFiles prepared = new(PreparedFolder, fingerprint, _files.Select(file => file.Path));
        StartCheck.Require(
            _processes,
            [
                ("version", typeof(CorpusBuilder).Assembly.GetName().Version?.ToString() ?? ""),
                ("tokenizer", _tokenizer.Fingerprint),
                ("options", CorpusManifest.ToJson(_options with { Threads = 1 })),
                ("input files' sizes", prepared.Description),
            ]
        );
        BuildState? state = isFirst ? Guarded(LoadState) : null;
        int first = (int)_processes.OfFirst(isFirst ? FirstNeeded(state!, prepared) : 0);
        EvaluationOverlap overlap = new(_options.Exclude, _options.ExcludeWords);
        _processes.WorkTogether(
            stop => Guarded(() => Prepare(prepared, prepared.Shares(first, _processes.Size)[_processes.Rank], overlap, stop)),
            cancellationToken
        );
        CorpusManifest? manifest = null;
        _processes.WorkTogether(
            stop =>
            {
                if (isFirst) manifest = Guarded(() => Finish(Run(state!, overlap, prepared, progress, stop)));
            },
            cancellationToken
        );
        manifest ??= CorpusManifest.Load(_folder);
        _processes.WaitForFirst(); // whoever changes the folder next, all have read it
        return manifest;
    }

    private void RequireFree()
    {
        if (File.Exists(Path.Combine(_folder, CorpusManifest.FileName)))
            throw new InputException($"{_folder} already holds a corpus; choose another folder or `overwrite`");
    }

    private T Guarded<T>(Func<T> work)
    {
        try
        {
            Directory.CreateDirectory(_folder);
            return work();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && failure is not FileNotFoundException)
        {
            throw new RunFailedException(
                $"{_folder}: {AtomicFile.Explain(failure)}; the same command goes on from the last saved state",
                failure
            );
        }
    }

    private CorpusManifest Finish((BuildState State, EvaluationOverlap Overlap) built)
    {
        CorpusManifest manifest = Describe(built.State, built.Overlap);
        manifest.Save(_folder);
        File.Delete(StatePath);
        foreach (string folder in (string[])[IndexFolder, PreparedFolder])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }

        return manifest;
    }

    private int FirstNeeded(BuildState state, PreparedFiles prepared) =>
        state.Next.File < _files.Length ? prepared.StretchOf(state.Next.File) : prepared.Count;

    /// <summary>Prepares and writes this rank's stretches.</summary>
    private bool Prepare(PreparedFiles prepared, IEnumerable<int> share, EvaluationOverlap overlap, CancellationToken cancellationToken)
    {
        int[] missing = [.. share.Where(stretch => !prepared.IsThere(stretch))];
        IEnumerable<DocumentBatch> documents = missing.SelectMany(stretch =>
            prepared.FilesOf(stretch) is var (first, end) ? Batches(new ReadPosition(first, 0), end) : []
        );
        using IEnumerator<DocumentBatch> batches = InOrder(documents, overlap, cancellationToken).GetEnumerator();
        foreach (int stretch in missing) prepared.Write(stretch, batches);
        return true;
    }

    /// <summary>What the ranks have prepared, from where the build stands.</summary>
    private IEnumerable<DocumentBatch> Prepared(PreparedFiles prepared, ReadPosition start, int first)
    {
        for (int stretch = first; stretch < prepared.Count; stretch++)
        {
            foreach (DocumentBatch batch in prepared.Read(stretch))
            {
                bool isTaken = batch.Next.File < start.File || (batch.Next.File == start.File && batch.Next.Document <= start.Document);
                if (!isTaken) yield return batch;
            }
        }
    }

    private (BuildState State, EvaluationOverlap Overlap) Run(
        BuildState state,
        EvaluationOverlap overlap,
        PreparedFiles? prepared,
        Action<CorpusProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        using SplitWriters writers = new(_options, _folder, _tokenizer.VocabularySize > ushort.MaxValue + 1, state);
        using DuplicateIndex? duplicates = _options.RemoveDuplicates ? new(IndexFolder, _options.NearDuplicateSimilarity) : null;
        long bytes = state.Sources.Sum(source => source.TextBytes), savedBytes = bytes;
        IEnumerable<DocumentBatch> batches = prepared is null
            ? InOrder(Batches(state.Next, _files.Length), overlap, CancellationToken.None)
            : Prepared(prepared, state.Next, FirstNeeded(state, prepared));
        foreach (DocumentBatch batch in batches)
        {
            foreach (PreparedDocument document in batch.Prepared) bytes += document.TextBytes;
            state = Take(state, batch, duplicates, writers);
            progress?.Invoke(new CorpusProgress(state.Documents, bytes, _files[Math.Min(state.Next.File, _files.Length - 1)].Path));
            if (bytes - savedBytes < BytesBetweenSaves && !cancellationToken.IsCancellationRequested) continue;
            Save(state, writers, duplicates);
            savedBytes = bytes;
            cancellationToken.ThrowIfCancellationRequested();
        }

        Save(state, writers, duplicates);
        return (state, overlap);
    }

    /// <summary>Prepares batches on all threads; each is good until the next is asked for.</summary>
    private IEnumerable<DocumentBatch> InOrder(
        IEnumerable<DocumentBatch> batches,
        EvaluationOverlap overlap,
        CancellationToken cancellationToken
    )
    {
        Queue<(DocumentBatch Batch, System.Threading.Tasks.Task Work)> inFlight = [];
        DocumentBatch TakeFirst()
        {
            (DocumentBatch batch, System.Threading.Tasks.Task work) = inFlight.Dequeue();
            work.GetAwaiter().GetResult();
            cancellationToken.ThrowIfCancellationRequested();
            return batch;
        }

        try
        {
            foreach (DocumentBatch read in batches)
            {
                inFlight.Enqueue(
                    (read, System.Threading.Tasks.Task.Run(() => read.Prepare(_options, _tokenizer, overlap), CancellationToken.None))
                );
                while (inFlight.Count > _options.Threads * 2)
                {
                    DocumentBatch batch = TakeFirst();
                    yield return batch;
                    _free.Push(batch);
                }
            }

            while (inFlight.Count > 0) yield return TakeFirst();
        }
        finally
        {
            System.Threading.Tasks.Task.WaitAll([.. inFlight.Select(item => item.Work.ContinueWith(_ => { }, TaskScheduler.Default))]);
        }
    }

    private IEnumerable<DocumentBatch> Batches(ReadPosition start, int end)
    {
        for (int file = start.File; file < end; file++)
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
            state.OverlapExamples[file].Add(text[..Math.Min(text.Length, DocumentBatch.ExampleLength)].Replace('\n', ' '));
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
