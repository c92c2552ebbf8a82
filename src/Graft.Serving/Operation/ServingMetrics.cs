using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Graft.Serving.Operation;

/// <summary>
/// What the server counts: instruments of the meter <c>Graft.Serving</c>, for OpenTelemetry and for <c>/metrics</c>; and the source of its
/// traces.
/// </summary>
internal sealed class ServingMetrics : IDisposable
{
    public const string Name = "Graft.Serving";
    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _requests, _texts, _tokens, _vanished, _batches, _truncated;
    private readonly Histogram<double> _requestSeconds, _waitSeconds, _batchSeconds;
    private readonly Histogram<long> _batchTokens, _batchTexts;

    public ServingMetrics()
    {
        _requests = _meter.CreateCounter<long>("graft_requests", description: "Requests, by route and status.");
        _texts = _meter.CreateCounter<long>("graft_texts", description: "Texts (windows of long texts) that were computed.");
        _tokens = _meter.CreateCounter<long>("graft_tokens", description: "Tokens that were computed.");
        _vanished = _meter.CreateCounter<long>(
            "graft_vanished",
            description: "Requests that were dropped from the queue because their client was gone."
        );
        _batches = _meter.CreateCounter<long>("graft_batches", description: "Batches that were computed.");
        _truncated = _meter.CreateCounter<long>("graft_truncated", description: "Texts that were cut.");
        _requestSeconds = _meter.CreateHistogram<double>(
            "graft_request_seconds",
            description: "Time from a request's first byte to its answer's last, by route."
        );
        _waitSeconds = _meter.CreateHistogram<double>(
            "graft_queue_seconds",
            description: "Time in the queue before the first of a request's texts is computed."
        );
        _batchSeconds = _meter.CreateHistogram<double>("graft_batch_seconds", description: "Time to compute a batch.");
        _batchTokens = _meter.CreateHistogram<long>("graft_batch_tokens", description: "Tokens of a batch.");
        _batchTexts = _meter.CreateHistogram<long>("graft_batch_texts", description: "Texts of a batch.");
    }

    /// <summary>The instruments.</summary>
    public Meter Meter => _meter;

    /// <summary>Spans of requests' work: <c>graft.tokenize</c>, <c>graft.score</c>.</summary>
    public static ActivitySource Traces { get; } = new(Name);

    /// <summary>Adds what the queue holds.</summary>
    public void Watch(Func<long> tokens, Func<int> requests)
    {
        _meter.CreateObservableGauge("graft_queue_tokens", tokens, description: "Tokens that wait.");
        _meter.CreateObservableGauge("graft_queue_requests", requests, description: "Requests that wait.");
        _meter.CreateObservableGauge(
            "graft_managed_bytes",
            () => GC.GetTotalMemory(forceFullCollection: false),
            description: "What of it is in use on the runtime's heap."
        );
        _meter.CreateObservableGauge(
            "graft_managed_committed_bytes",
            () => GC.GetGCMemoryInfo(GCKind.Any).TotalCommittedBytes,
            description: "What of it the runtime's heap keeps, used or not, as of its last collection."
        );
        _meter.CreateObservableGauge("graft_memory_bytes", () => Environment.WorkingSet, description: "Resident memory of the process.");
    }

    public void Answered(string route, int status, TimeSpan took)
    {
        _requests.Add(1, new("route", route), new("status", status));
        _requestSeconds.Record(took.TotalSeconds, new KeyValuePair<string, object?>("route", route));
    }

    public void Waited(TimeSpan time) => _waitSeconds.Record(time.TotalSeconds);

    public void Vanished() => _vanished.Add(1);

    public void Truncated(int texts) => _truncated.Add(texts);

    public void Computed(int texts, long tokens, TimeSpan took)
    {
        _batches.Add(1);
        _texts.Add(texts);
        _tokens.Add(tokens);
        _batchTexts.Record(texts);
        _batchTokens.Record(tokens);
        _batchSeconds.Record(took.TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
