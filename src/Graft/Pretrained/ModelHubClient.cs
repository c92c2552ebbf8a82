using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using static System.FormattableString;

namespace Graft.Pretrained;

/// <summary>What the hub says of one file before it is fetched.</summary>
/// <param name="Etag">The content's name: SHA-256 of large files, the Git blob hash of small ones.</param>
/// <param name="Bytes">The size; null when the hub does not say.</param>
internal sealed record HubFile(string Etag, long? Bytes);

/// <summary>The commit that a revision is at, and its files.</summary>
internal sealed record HubRevision(string Commit, IReadOnlyList<string> Files);

/// <summary>
/// Hugging Face's HTTP protocol. Redirects are followed by hand: large files lie on other hosts, which must never see the token. A busy hub
/// (429) and its failures (5xx) are waited for, and so is a network that breaks off; a hub that was never reached is not: the network is
/// down, or the name was no model's. Refusals become errors that say what to do.
/// </summary>
internal sealed class ModelHubClient : IDisposable
{
    private const int MaxRedirects = 8;
    private readonly ModelHubOptions _options;
    private readonly HttpClient _http;
    private volatile bool _wasReached;

    public ModelHubClient(ModelHubOptions options)
    {
        OpenSsl.Require("the network");
        _options = options;
        _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = options.StallTimeout })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new("graft", typeof(ModelHubClient).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>True for a full commit hash.</summary>
    public static bool IsCommit(string? text, out string commit)
    {
        commit = text ?? "";
        return new ModelHubId("any", commit).IsPinned;
    }

    /// <summary>Asks which commit a revision is at and which files it has.</summary>
    public async Task<HubRevision> GetRevisionAsync(ModelHubId id, CancellationToken cancellationToken)
    {
        Uri address = new(
            $"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/api/models/{id.Name}/revision/{Uri.EscapeDataString(id.Revision)}"
        );
        using HttpResponseMessage response = await SendAsync(
            id,
            id.ToString(),
            () => new(HttpMethod.Get, address),
            followElsewhere: false,
            cancellationToken
        );
        try
        {
            using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(cancellationToken));
            string[] files =
            [
                .. document
                    .RootElement.GetProperty("siblings")
                    .EnumerateArray()
                    .Select(file => file.GetProperty("rfilename").GetString() ?? ""),
            ];
            if (IsCommit(document.RootElement.GetProperty("sha").GetString(), out string commit))
                return new(commit, [.. files.Where(ModelHubFiles.IsSafe)]);
        }
        catch (Exception failure) when (failure is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RunFailedException(
                $"{id}: {_options.Endpoint.Host} answered something that is not a description of a model; is it a hub (HF_ENDPOINT)?",
                failure
            );
        }

        throw new RunFailedException($"{id}: {_options.Endpoint.Host} answered without a commit; is it a hub (HF_ENDPOINT)?");
    }

    /// <summary>Asks for the content's name and size of a file at a commit.</summary>
    public async Task<HubFile> GetFileAsync(ModelHubId id, string commit, string file, CancellationToken cancellationToken)
    {
        using HttpResponseMessage response = await SendAsync(
            id,
            file,
            () => new(HttpMethod.Head, AddressOf(id, commit, file)) { Headers = { { "Accept-Encoding", "identity" } } },
            followElsewhere: false,
            cancellationToken
        );
        // For large files the hub itself knows the hash; the ETag of the host that stores them means something else.
        string? etag = (Header(response, "X-Linked-Etag") ?? response.Headers.ETag?.Tag ?? Header(response, "ETag"))?.Trim();
        etag = etag?.StartsWith("W/", StringComparison.Ordinal) == true ? etag[2..].Trim('"') : etag?.Trim('"');
        if (string.IsNullOrEmpty(etag) || !etag.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_'))
            throw new RunFailedException($"{id}: {_options.Endpoint.Host} gave no usable ETag for {file}; is it a hub (HF_ENDPOINT)?");
        return new(
            etag,
            long.TryParse(Header(response, "X-Linked-Size"), CultureInfo.InvariantCulture, out long linked)
                ? linked
                : response.Content.Headers.ContentLength
        );
    }

    /// <summary>
    /// Begins the transfer of a file from an offset on. The answer's status says whether the offset was honoured (206) or the file starts
    /// anew (200).
    /// </summary>
    public Task<HttpResponseMessage> DownloadAsync(
        ModelHubId id,
        string commit,
        string file,
        long offset,
        CancellationToken cancellationToken
    ) =>
        SendAsync(
            id,
            file,
            () =>
                new(HttpMethod.Get, AddressOf(id, commit, file))
                {
                    Headers = { Range = offset > 0 ? new RangeHeaderValue(offset, null) : null },
                },
            followElsewhere: true,
            cancellationToken
        );

    public void Dispose() => _http.Dispose();

    private Uri AddressOf(ModelHubId id, string commit, string file) =>
        new(
            $"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/{id.Name}/resolve/{commit}/"
                + string.Join('/', file.Split('/').Select(Uri.EscapeDataString))
        );

    /// <summary>Sends until there is an answer worth having; pauses after failures of the network or the hub.</summary>
    private async Task<HttpResponseMessage> SendAsync(
        ModelHubId id,
        string what,
        Func<HttpRequestMessage> create,
        bool followElsewhere,
        CancellationToken cancellationToken
    )
    {
        for (int attempt = 1; ; attempt++)
        {
            TimeSpan pause = _options.RetryPause * Math.Pow(2, attempt - 1);
            try
            {
                HttpResponseMessage response = await FollowAsync(create, followElsewhere, cancellationToken);
                _wasReached = true;
                if (IsUsable(response)) return response;
                using (response)
                {
                    bool isPassing = response.StatusCode == HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500;
                    TimeSpan asked = response.Headers.RetryAfter?.Delta
                        ?? (response.Headers.RetryAfter?.Date - TimeProvider.System.GetUtcNow())
                        ?? pause;
                    if (!isPassing || attempt >= _options.Attempts || asked > _options.LongestPause)
                        throw ModelHubErrors.Refusal(id, what, _options, response, asked);
                    pause = asked > pause ? asked : pause;
                }
            }
            catch (Exception failure) when (failure is HttpRequestException or TimeoutException)
            {
                bool isNoConnection =
                    failure is HttpRequestException
                    {
                        HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
                    };
                if (attempt >= _options.Attempts || (isNoConnection && !_wasReached))
                    throw ModelHubErrors.Unreachable(id, _options, failure);
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <summary>
    /// An answer with content; a redirect that was not followed, because its headers are all that is wanted; or “you have it all already”
    /// (416).
    /// </summary>
    private static bool IsUsable(HttpResponseMessage response) =>
        response.IsSuccessStatusCode || IsRedirect(response) || response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable;

    private static bool IsRedirect(HttpResponseMessage response) =>
        (int)response.StatusCode is 301 or 302 or 303 or 307 or 308 && response.Headers.Location is not null;

    /// <summary>
    /// Follows redirects within the hub (renamed models), and to other hosts when asked to. The token goes to the hub only.
    /// </summary>
    private async Task<HttpResponseMessage> FollowAsync(
        Func<HttpRequestMessage> create,
        bool followElsewhere,
        CancellationToken cancellationToken
    )
    {
        Uri? next = null;
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            using HttpRequestMessage request = create();
            if (next is not null) request.RequestUri = next;
            Uri address = request.RequestUri ?? _options.Endpoint;
            if (_options.Token is not null && IsHub(address))
                request.Headers.Authorization = new("Bearer", _options.Token);
            HttpResponseMessage response = await WithTimeout(
                token => _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token),
                cancellationToken
            );
            if (!IsRedirect(response))
                return response;
            next = new(address, response.Headers.Location!);
            if (next.Scheme is not ("http" or "https") || (!followElsewhere && !IsHub(next))) return response;
            response.Dispose();
        }

        throw new HttpRequestException("too many redirects");
    }

    /// <summary>Same scheme, host and port: anything else is somebody else.</summary>
    private bool IsHub(Uri address) =>
        Uri.Compare(address, _options.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase)
        == 0;

    private async Task<T> WithTimeout<T>(Func<CancellationToken, Task<T>> action, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(_options.StallTimeout);
        try
        {
            return await action(limited.Token);
        }
        catch (OperationCanceledException failure) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(Invariant($"no answer within {_options.StallTimeout.TotalSeconds:F0} s"), failure);
        }
    }

    private static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
}
