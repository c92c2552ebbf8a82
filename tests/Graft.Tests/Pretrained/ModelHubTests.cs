using System.Net;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;

namespace Graft.Tests.Pretrained;

/// <summary>The protocol against a hub on this machine: what is fetched, resumed, refused and kept.</summary>
public sealed class ModelHubTests : IDisposable
{
    private static readonly ModelHubId s_id = new(LocalHub.Model);
    private readonly TemporaryFolder _cache = new();
    private readonly LocalHub _hub = new();
    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _hub.Dispose();
        _cache.Dispose();
    }

    [Fact]
    public async Task TheNeededFilesArriveInTheSharedLayout()
    {
        string folder = await PullAsync();

        Assert.Equal(Path.Combine(_cache.Path, "models--org--model", "snapshots", LocalHub.Commit), folder);
        Assert.Equal(
            "config.json model.safetensors tokenizer.json",
            string.Join(' ', Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal))
        );
        Assert.Equal(_hub.Files["model.safetensors"], await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), _stop));
        Assert.Equal(LocalHub.Commit, await File.ReadAllTextAsync(Path.Combine(_cache.Path, "models--org--model", "refs", "main"), _stop));
        Assert.Equal(
            $"../../blobs/{LocalHub.GitHash(_hub.Files["config.json"])}",
            new FileInfo(Path.Combine(folder, "config.json")).LinkTarget
        );
        Assert.DoesNotContain(_cache.Files(), file => file.EndsWith(".incomplete", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheTokenGoesToTheHubAndNeverToTheHostOfLargeFiles()
    {
        await PullAsync(options => options with { Token = "secret" });
        Assert.All(_hub.Requests, request =>
            Assert.Equal(
                !request.StartsWith("GET /model.safetensors", StringComparison.Ordinal),
                request.EndsWith(" token", StringComparison.Ordinal)
            )
        );
        Assert.Contains("GET /model.safetensors", _hub.Requests);
    }

    [Fact]
    public async Task ASecondPullFetchesNothingAgain()
    {
        await PullAsync();
        _hub.Requests.Clear();
        await PullAsync();
        Assert.Equal([$"GET /api/models/{LocalHub.Model}/revision/main"], _hub.Requests);
    }

    [Fact]
    public async Task ABrokenTransferGoesOnWhereItStopped()
    {
        int cuts = 0;
        _hub.Intercept = context => context.Request.RawUrl == "/model.safetensors" && cuts++ < 2 && SendPart(context);
        string folder = await PullAsync();
        Assert.Equal(_hub.Files["model.safetensors"], await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), _stop));
        Assert.Equal(2, _hub.Requests.Count(request => request.StartsWith("GET /model.safetensors bytes=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task ATransferOfAnEarlierRunIsResumed()
    {
        _hub.Intercept = context =>
            context.Request.RawUrl == "/model.safetensors"
            && (context.Request.Headers["Range"] is null ? SendPart(context) : LocalHub.Refuse(context, 503));
        RunFailedException error = await Assert.ThrowsAsync<RunFailedException>(() => PullAsync());
        Assert.Contains("503", error.Message, StringComparison.Ordinal);

        _hub.Intercept = _ => false;
        _hub.Requests.Clear();
        await PullAsync();
        Assert.Contains("GET /model.safetensors bytes=100000-", _hub.Requests);
    }

    [Fact]
    public async Task AHostWithoutRangesSendsTheFileAnew()
    {
        bool isFirst = true;
        _hub.Intercept = context =>
        {
            if (context.Request.RawUrl != "/model.safetensors") return false;
            if (isFirst)
            {
                isFirst = false;
                return SendPart(context);
            }

            context.Response.OutputStream.Write(_hub.Files["model.safetensors"]);
            context.Response.Close();
            return true;
        };
        string folder = await PullAsync();
        Assert.Equal(_hub.Files["model.safetensors"], await File.ReadAllBytesAsync(Path.Combine(folder, "model.safetensors"), _stop));
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("config.json")]
    public async Task WrongBytesAreDiscarded(string file)
    {
        byte[] content = _hub.Files[file], wrong = [.. content];
        wrong[^1] ^= 1;
        _hub.Intercept = context =>
        {
            _hub.Files[file] = context.Request.HttpMethod == "GET" ? wrong : content;
            return false;
        };
        RunFailedException error = await Assert.ThrowsAsync<RunFailedException>(() => PullAsync());
        Assert.Contains($"the received {file} does not match its checksum", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(_cache.Files(), path =>
            path.EndsWith(file, StringComparison.Ordinal) || path.EndsWith(".incomplete", StringComparison.Ordinal)
        );
    }

    [Theory]
    [InlineData(401, null, "set HF_TOKEN")]
    [InlineData(403, "GatedRepo", "access must be requested")]
    [InlineData(403, null, "refuses access (403)")]
    [InlineData(404, "RepoNotFound", "check the name")]
    [InlineData(404, "RevisionNotFound", "no branch, tag or commit main")]
    public async Task ARefusalSaysWhatToDo(int status, string? code, string advice)
    {
        _hub.Intercept = context => LocalHub.Refuse(context, status, code is null ? [] : [("X-Error-Code", code)]);
        InputException error = await Assert.ThrowsAsync<InputException>(() => PullAsync());
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("org/model: ", error.Message, StringComparison.Ordinal);
        Assert.Single(_hub.Requests);
    }

    [Fact]
    public async Task ABusyHubIsAskedAgainAfterTheTimeItNames()
    {
        int refusals = 0;
        _hub.Intercept = context =>
            context.Request.RawUrl!.StartsWith("/api", StringComparison.Ordinal)
            && refusals++ < 1
            && LocalHub.Refuse(context, 429, ("Retry-After", "1"));
        System.Diagnostics.Stopwatch watch = System.Diagnostics.Stopwatch.StartNew();
        await PullAsync();
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 30);
    }

    [Fact]
    public async Task AHubThatIsBusyForTooLongIsLeftAlone()
    {
        _hub.Intercept = context => LocalHub.Refuse(context, 429, ("Retry-After", "9000"));
        RunFailedException error = await Assert.ThrowsAsync<RunFailedException>(() => PullAsync());
        Assert.Contains("asks to wait 9000 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FailuresOfTheHubAreTriedAgain()
    {
        int failures = 0;
        _hub.Intercept = context => failures++ < 3 && LocalHub.Refuse(context, 502);
        await PullAsync();
        Assert.True(failures > 3);
    }

    [Fact]
    public async Task ARenamedModelIsFollowedWithinTheHub()
    {
        _hub.Intercept = context =>
            context.Request.RawUrl!.Contains("/old/name/", StringComparison.Ordinal)
            && LocalHub.Refuse(
                context,
                307,
                ("Location", context.Request.RawUrl.Replace("/old/name/", $"/{LocalHub.Model}/", StringComparison.Ordinal))
            );
        using ModelHub hub = new(_hub.Options(_cache.Path) with { Token = "secret" });
        string folder = await hub.PullAsync(new("old/name"), null, _stop);
        Assert.True(File.Exists(Path.Combine(folder, "model.safetensors")));
    }

    [Fact]
    public async Task OfflineUsesTheCacheAndNeverTheNetwork()
    {
        string folder = await PullAsync();
        _hub.Requests.Clear();
        Assert.Equal(folder, await PullAsync(options => options with { IsOffline = true }));
        using ModelHub hub = new(_hub.Options(_cache.Path) with { IsOffline = true });
        InputException error = await Assert.ThrowsAsync<InputException>(() => hub.PullAsync(new("org/other"), null, _stop));
        Assert.Contains("HF_HUB_OFFLINE is set", error.Message, StringComparison.Ordinal);
        Assert.Empty(_hub.Requests);
    }

    [Fact]
    public async Task APinnedCommitInTheCacheNeedsNoNetworkAndABranchSurvivesWithoutOne()
    {
        string folder = await PullAsync();
        _hub.Dispose();
        // a hub that was never reached is not asked twice
        using ModelHub hub = new(_hub.Options(_cache.Path) with { RetryPause = TimeSpan.FromMinutes(5) });
        Assert.Equal(folder, await hub.GetAsync(new(LocalHub.Model, LocalHub.Commit), null, _stop));
        Assert.Equal(folder, await hub.GetAsync(s_id, null, _stop));
        RunFailedException error = await Assert.ThrowsAsync<RunFailedException>(() => hub.PullAsync(s_id, null, _stop));
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndpointThatIsNoHubIsRecognized()
    {
        _hub.Intercept = context =>
        {
            context.Response.OutputStream.Write("<html>welcome</html>"u8);
            context.Response.Close();
            return true;
        };
        Assert.Contains("is it a hub", (await Assert.ThrowsAsync<RunFailedException>(() => PullAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesThatClimbOutOfTheFolderAreNeverFetched()
    {
        _hub.Files["../../1_Pooling/config.json"] = [1];
        await PullAsync();
        Assert.DoesNotContain(_hub.Requests, request => request.Contains("1_Pooling", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ProgressReachesTheSizeOfEveryFile()
    {
        Dictionary<string, ModelHubProgress> last = new(StringComparer.Ordinal);
        using ModelHub hub = new(_hub.Options(_cache.Path));
        await hub.PullAsync(s_id, new Recorder(last), _stop);
        Assert.Equal(3, last.Count);
        Assert.All(last.Values, progress => Assert.Equal((progress.TotalBytes, 3), (progress.Bytes, progress.FileCount)));
    }

    [Fact]
    public async Task TheCacheIsListedWithRevisionsAndSizes()
    {
        await PullAsync();
        using ModelHub hub = new(_hub.Options(_cache.Path));
        CachedModel model = Assert.Single(hub.Cached);
        Assert.Equal((LocalHub.Model, LocalHub.Commit, true), (model.Name, model.Commit, model.HasWeights));
        Assert.Equal(["main"], model.Revisions);
        Assert.Equal(
            _hub.Files["config.json"].Length + _hub.Files["tokenizer.json"].Length + _hub.Files["model.safetensors"].Length,
            model.Bytes
        );
    }

    private async Task<string> PullAsync(Func<ModelHubOptions, ModelHubOptions>? change = null)
    {
        ModelHubOptions options = _hub.Options(_cache.Path);
        using ModelHub hub = new(change?.Invoke(options) ?? options);
        return await hub.PullAsync(s_id, null, _stop);
    }

    /// <summary>Promises the rest of the file, sends 100,000 bytes of it and hangs up.</summary>
    private bool SendPart(HttpListenerContext context)
    {
        byte[] content = _hub.Files["model.safetensors"];
        int from = context.Request.Headers["Range"] is { } range ? int.Parse(range["bytes=".Length..].TrimEnd('-')) : 0;
        context.Response.StatusCode = from > 0 ? 206 : 200;
        context.Response.ContentLength64 = content.Length - from;
        context.Response.OutputStream.Write(content.AsSpan(from, 100_000));
        context.Response.OutputStream.Flush();
        context.Response.Abort();
        return true;
    }

    private sealed class Recorder(Dictionary<string, ModelHubProgress> last) : IProgress<ModelHubProgress>
    {
        public void Report(ModelHubProgress value) => last[value.File] = value;
    }
}
