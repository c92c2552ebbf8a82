using System.Globalization;
using System.Net;

namespace Graft.Pretrained;

/// <summary>The hub's refusals in the words of whoever has to do something about them.</summary>
internal static class ModelHubErrors
{
    /// <summary>An answer that will not change by itself (or not soon enough).</summary>
    public static Exception Refusal(ModelHubId id, string what, ModelHubOptions options, HttpResponseMessage response, TimeSpan pause)
    {
        string? code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? values) ? values.FirstOrDefault() : null;
        string hub = options.Endpoint.Host;
        string token = options.Token is null ? "set HF_TOKEN to a token with access" : "the token in use has no access";
        return (response.StatusCode, code) switch
        {
            (_, "GatedRepo") => new InputException($"{id}: access must be requested on its page at {hub} first (gated); then {token}"),
            (_, "RevisionNotFound") => new InputException($"{id}: the model has no branch, tag or commit {id.Revision}"),
            (_, "EntryNotFound") => new InputException($"{id}: the model has no file {what}"),
            (HttpStatusCode.Unauthorized, _) => new InputException(
                $"{id}: no such model at {hub}, or it is private (401): check the name, or {token}"
            ),
            (HttpStatusCode.Forbidden, _) => new InputException($"{id}: {hub} refuses access (403): {token}"),
            (HttpStatusCode.NotFound, _) => new InputException(
                $"{id}: {hub} does not know {(what == id.ToString() ? "this model or revision" : what)} (404): check the name"
            ),
            (HttpStatusCode.TooManyRequests, _) => new RunFailedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{id}: {hub} is too busy (429) and asks to wait {pause.TotalSeconds:F0} s: run again later; what was fetched is kept"
                )
            ),
            _ => new RunFailedException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{id}: {hub} answered {(int)response.StatusCode} for {what}: run again later; what was fetched is kept"
                )
            ),
        };
    }

    /// <summary>No answer at all.</summary>
    public static RunFailedException Unreachable(ModelHubId id, ModelHubOptions options, Exception failure) =>
        new(
            $"{id}: {options.Endpoint.Host} cannot be reached ({OneLine(failure)}): check the network or HF_ENDPOINT; HF_HUB_OFFLINE=1 "
                + $"uses what is in the cache",
            failure
        );

    /// <summary>The transfer broke off too often.</summary>
    public static RunFailedException BrokenOff(ModelHubId id, string file, Exception failure) =>
        new($"{id}: the transfer of {file} broke off again and again ({OneLine(failure)}): run again to go on where it stopped", failure);

    /// <summary>The received bytes are not the published ones.</summary>
    public static RunFailedException WrongChecksum(ModelHubId id, string file, string etag) =>
        new($"{id}: the received {file} does not match its checksum {etag}: it was discarded; run again");

    /// <summary>Offline, and the model is not in the cache.</summary>
    public static InputException NotCached(ModelHubId id, ModelHubOptions options) =>
        new(
            $"{id}: not in the cache {options.CacheFolder}, and HF_HUB_OFFLINE is set: unset it, or run `graft pull {id}` where there "
                + $"is a network"
        );

    private static string OneLine(Exception failure) => failure.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.');
}
