using System.Net;

namespace Graft.Pretrained;

/// <summary>How far a download is.</summary>
/// <param name="File">The file in transfer.</param>
/// <param name="Bytes">Bytes of it that are here.</param>
/// <param name="TotalBytes">The size; null when the hub does not say.</param>
/// <param name="FileNumber">1 for the first file.</param>
/// <param name="FileCount">Files in all.</param>
public readonly record struct ModelHubProgress(string File, long Bytes, long? TotalBytes, int FileNumber, int FileCount);

/// <summary>
/// Published models by name: fetched once with Hugging Face's protocol into Hugging Face's cache, where Python programs find them too.
/// <code>
/// using ModelHub hub = new(ModelHubOptions.FromEnvironment());
/// string folder = await hub.GetAsync(ModelHubId.Parse("sentence-transformers/all-MiniLM-L6-v2"));
/// </code>
/// </summary>
public sealed class ModelHub : IDisposable
{
    private readonly ModelHubOptions _options;
    private readonly ModelHubCache _cache;
    private readonly ModelHubClient _client;

    /// <summary>Creates the hub; nothing is sent yet.</summary>
    public ModelHub(ModelHubOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _cache = new(options.CacheFolder);
        _client = new(options);
    }

    /// <summary>The models in the cache, by name.</summary>
    public IEnumerable<CachedModel> Cached => _cache.List();

    /// <summary>The folder of a model that is in the cache whole; null where it is not. Nothing is sent.</summary>
    internal string? FindCached(ModelHubId id) => _cache.FindComplete(id);

    /// <summary>
    /// The folder of a model, fetched when it is not in the cache. A pinned commit that is there needs no network; a branch or tag is
    /// compared with the hub, and the copy in the cache is used when the hub cannot be reached.
    /// </summary>
    /// <inheritdoc cref="PullAsync" path="/param"/>
    /// <inheritdoc cref="PullAsync" path="/exception"/>
    public async Task<string> GetAsync(
        ModelHubId id,
        IProgress<ModelHubProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(id);
        string? cached = _cache.FindComplete(id);
        if (cached is not null && (id.IsPinned || _options.IsOffline)) return cached;
        try
        {
            return await PullAsync(id, progress, cancellationToken);
        }
        catch (RunFailedException failure) when (cached is not null && failure.InnerException is HttpRequestException or TimeoutException)
        {
            return cached;
        }
    }

    /// <summary>
    /// The folder of a model that a user named: an existing folder itself, a model beside the program ("graft-small"), or else a model of
    /// the hub (fetched when it is not in the cache).
    /// </summary>
    /// <param name="folderOrId">A path, or NAME, ORGANIZATION/NAME, with @REVISION at will.</param>
    /// <param name="progress">Told after every piece that arrives.</param>
    /// <param name="cancellationToken">Stops the transfer.</param>
    /// <exception cref="InputException">Neither a folder nor a name that the hub can have; or as <see cref="PullAsync"/>.</exception>
    /// <exception cref="RunFailedException">As <see cref="PullAsync"/>.</exception>
    public static async Task<string> LocateAsync(
        string folderOrId,
        IProgress<ModelHubProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(folderOrId);
        folderOrId = ShippedModel.Locate(folderOrId);
        if (Directory.Exists(folderOrId)) return folderOrId;
        if (!ModelHubId.TryParse(folderOrId, out ModelHubId? id))
            throw new InputException($"{folderOrId}: no such folder, and not a name that a model of the hub can have");
        using ModelHub hub = new(ModelHubOptions.FromEnvironment());
        try
        {
            return await hub.GetAsync(id, progress, cancellationToken);
        }
        catch (InputException refused)
        {
            throw new InputException($"there is no folder {folderOrId}, and as a model of the hub: {refused.Message}", refused);
        }
        // no connection at all: the name is the likelier mistake
        catch (RunFailedException failed) when (failed.InnerException is HttpRequestException)
        {
            throw new InputException($"there is no folder {folderOrId}, and as a model of the hub: {failed.Message}", failed);
        }
    }

    /// <summary>
    /// Fetches what is new of a model: configuration, tokenizer and the weights in one format. Broken transfers are resumed, checksums
    /// verified.
    /// </summary>
    /// <param name="id">The model and its revision.</param>
    /// <param name="progress">Told after every piece that arrives.</param>
    /// <param name="cancellationToken">Stops the transfer; what has arrived is kept for the next time.</param>
    /// <returns>The folder with the files under their names.</returns>
    /// <exception cref="InputException">The hub does not have the model or refuses it, or it is not in the cache and the hub is
    /// offline.</exception>
    /// <exception cref="RunFailedException">The hub cannot be reached or is too busy, the disk is full, or the bytes do not match their
    /// checksum.</exception>
    public async Task<string> PullAsync(
        ModelHubId id,
        IProgress<ModelHubProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(id);
        if (_options.IsOffline) return _cache.FindComplete(id) ?? throw ModelHubErrors.NotCached(id, _options);
        HubRevision revision = await _client.GetRevisionAsync(id, cancellationToken);
        List<string> files = ModelHubFiles.Choose(revision.Files);
        if (files.Count == 0)
            throw new InputException(
                $"{id}: publishes no files that Graft reads (config.json, a tokenizer, safetensors or PyTorch weights)"
            );
        if (!files.Exists(ModelHubFiles.IsWeights))
            throw new RunFailedException($"{id} {Checkpoints.CheckpointFolder.WhatIsThere(revision.Files)}");
        try
        {
            for (int i = 0; i < files.Count; i++)
            {
                int number = i + 1;
                string file = files[i];
                await FetchAsync(
                    id,
                    revision.Commit,
                    file,
                    (bytes, total) => progress?.Report(new(file, bytes, total, number, files.Count)),
                    cancellationToken
                );
            }

            _cache.WriteReference(id, revision.Commit);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException(
                $"{_options.CacheFolder}: {AtomicFile.Explain(failure)}; HF_HUB_CACHE chooses another folder",
                failure
            );
        }

        return _cache.Snapshot(id.Name, revision.Commit);
    }

    /// <summary>Ends all connections.</summary>
    public void Dispose() => _client.Dispose();

    private async Task FetchAsync(
        ModelHubId id,
        string commit,
        string file,
        Action<long, long?> report,
        CancellationToken cancellationToken
    )
    {
        string target = Path.Combine(_cache.Snapshot(id.Name, commit), Path.Combine(file.Split('/')));
        if (File.Exists(target))
        {
            // A commit's files never change.
            long bytes = new FileInfo(File.ResolveLinkTarget(target, returnFinalTarget: true)?.FullName ?? target).Length;
            report(bytes, bytes);
            return;
        }

        HubFile published = await _client.GetFileAsync(id, commit, file, cancellationToken);
        string blob = _cache.Blob(id.Name, published.Etag);
        using (await FileLock.AcquireAsync(_cache.Lock(id.Name, published.Etag), cancellationToken))
        {
            if (!File.Exists(blob)) await DownloadAsync(id, commit, file, published, blob, report, cancellationToken);
            _cache.Link(blob, target);
        }
    }

    /// <summary>Goes on from what an earlier attempt left, as long as attempts make progress.</summary>
    private async Task DownloadAsync(
        ModelHubId id,
        string commit,
        string file,
        HubFile published,
        string blob,
        Action<long, long?> report,
        CancellationToken cancellationToken
    )
    {
        string partial = blob + ".incomplete";
        Directory.CreateDirectory(Path.GetDirectoryName(blob) ?? _options.CacheFolder);
        for (int attempt = 1; ;)
        {
            long before = File.Exists(partial) ? new FileInfo(partial).Length : 0;
            try
            {
                await TransferAsync(id, commit, file, published, partial, report, cancellationToken);
                break;
            }
            catch (Exception failure) when (failure is HttpRequestException or TimeoutException)
            {
                bool hasProgressed = new FileInfo(partial) is { Exists: true } now && now.Length > before;
                attempt = hasProgressed ? 1 : attempt + 1;
                if (attempt > _options.Attempts) throw ModelHubErrors.BrokenOff(id, file, failure);
                await Task.Delay(_options.RetryPause * attempt, cancellationToken);
            }
        }

        if (!ModelHubChecksum.Matches(partial, published.Etag))
        {
            File.Delete(partial);
            throw ModelHubErrors.WrongChecksum(id, file, published.Etag);
        }

        File.Move(partial, blob, overwrite: true);
    }

    private async Task TransferAsync(
        ModelHubId id,
        string commit,
        string file,
        HubFile published,
        string partial,
        Action<long, long?> report,
        CancellationToken cancellationToken
    )
    {
        using FileStream stream = new(partial, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (published.Bytes is { } size && stream.Length >= size)
        {
            // Complete already, or too long to be right: the checksum decides about the former.
            if (stream.Length == size) return;
            stream.SetLength(0);
        }

        using HttpResponseMessage response = await _client.DownloadAsync(id, commit, file, stream.Length, cancellationToken);
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
        {
            stream.SetLength(0);
            throw new HttpRequestException("the hub cannot go on from where the last transfer stopped");
        }

        if (response.StatusCode != HttpStatusCode.PartialContent) stream.SetLength(0);
        stream.Position = stream.Length;
        await CopyAsync(response, stream, received => report(received, published.Bytes), cancellationToken);
        if (published.Bytes is { } expected && stream.Length < expected) throw new HttpRequestException("the transfer ended too early");
        stream.Flush(flushToDisk: true);
    }

    /// <summary>
    /// Copies piece by piece: a stalled or broken network throws <see cref="HttpRequestException"/> or <see cref="TimeoutException"/>, a
    /// full disk <see cref="IOException"/>.
    /// </summary>
    private async Task CopyAsync(
        HttpResponseMessage response,
        FileStream destination,
        Action<long> report,
        CancellationToken cancellationToken
    )
    {
        byte[] buffer = new byte[1 << 17];
        using Stream source = await response.Content.ReadAsStreamAsync(cancellationToken);
        while (true)
        {
            int count = await ReadAsync(source, buffer, cancellationToken);
            if (count == 0) return;
            await destination.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            report(destination.Length);
        }
    }

    private async Task<int> ReadAsync(Stream source, byte[] buffer, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(_options.StallTimeout);
        try
        {
            return await source.ReadAsync(buffer, limited.Token);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("the transfer stalled", failure);
        }
        catch (IOException failure)
        {
            throw new HttpRequestException(failure.Message, failure);
        }
    }
}
