using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Graft.Serving.Operation;

/// <summary>The meter's instruments in Prometheus' text format, added up since the process began.</summary>
internal sealed class PrometheusText : IDisposable
{
    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly double[] s_counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096];
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, ConcurrentDictionary<string, Series>> _series = [];

    public PrometheusText(ServingMetrics metrics)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter, metrics.Meter)) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Keep(instrument, value, tags));
        _listener.Start();
    }

    public override string ToString()
    {
        _listener.RecordObservableInstruments();
        StringBuilder text = new();
        foreach (
            (Instrument instrument, ConcurrentDictionary<string, Series> all) in _series.OrderBy(
                pair => pair.Key.Name,
                StringComparer.Ordinal
            )
        )
        {
            string name = instrument.Name, kind = KindOf(instrument);
            if (kind == "counter") name += "_total";
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description}\n# TYPE {name} {kind}\n");
            foreach ((string labels, Series series) in all.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                series.Write(text, name, labels, kind == "histogram");
        }

        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private static string KindOf(Instrument instrument) =>
        instrument.GetType().Name.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
        : instrument.IsObservable ? "gauge"
        : "counter";

    private void Keep(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        StringBuilder labels = new();
        foreach ((string key, object? tag) in tags)
            labels.Append(labels.Length == 0 ? "" : ",").Append(CultureInfo.InvariantCulture, $"{key}=\"{tag}\"");
        ConcurrentDictionary<string, Series> all = _series.GetOrAdd(instrument, _ => new(StringComparer.Ordinal));
        double[]? bounds =
            KindOf(instrument) == "histogram"
                ? instrument.Name.EndsWith("seconds", StringComparison.Ordinal)
                    ? s_seconds
                    : s_counts
                : null;
        all.GetOrAdd(labels.ToString(), _ => new Series(bounds)).Add(value, instrument.IsObservable);
    }

    /// <summary>The values of one instrument under one set of labels.</summary>
    private sealed class Series(double[]? bounds)
    {
        private readonly Lock _lock = new();
        private readonly long[] _buckets = new long[bounds?.Length ?? 0];
        private double _sum;
        private long _count;

        public void Add(double value, bool replaces)
        {
            lock (_lock)
            {
                _sum = replaces ? value : _sum + value;
                _count++;
                for (int i = 0; i < _buckets.Length; i++)
                {
                    if (value <= bounds![i]) _buckets[i]++;
                }
            }
        }

        public void Write(StringBuilder text, string name, string labels, bool isHistogram)
        {
            string own = labels.Length == 0 ? "" : $"{{{labels}}}", more = labels.Length == 0 ? "" : labels + ",";
            lock (_lock)
            {
                if (!isHistogram)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{own} {_sum}\n");
                    return;
                }

                for (int i = 0; i < _buckets.Length; i++)
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{more}le=\"{bounds![i]}\"}} {_buckets[i]}\n");
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"{name}_bucket{{{more}le=\"+Inf\"}} {_count}\n{name}_sum{own} {_sum}\n{name}_count{own} {_count}\n"
                );
            }
        }
    }
}
