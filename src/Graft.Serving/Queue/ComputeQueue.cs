using System.Diagnostics;
using Graft.Serving.Http;
using Graft.Serving.Operation;
using Graft.Tasks;

namespace Graft.Serving.Queue;

/// <summary>
/// What waits to be computed, bounded by its tokens, and the one thread that computes it. Batches are cut by tokens whenever the engine is
/// free; nothing waits for company.
/// In a batch every waiting request of a model has its turn, one feature after the other, so that a large request does not hold up small
/// ones.
/// </summary>
internal sealed class ComputeQueue : IDisposable
{
    private const double Smoothing = 0.1, MostRetrySeconds = 60;
    private readonly object _gate = new();
    private readonly LinkedList<QueuedScoring> _waiting = [];
    private readonly Queue<QueuedWork> _work = [];
    private readonly long _maxTokens;
    private readonly int _batchTokens;
    private readonly ServingMetrics _metrics;
    private readonly Thread _thread;
    private long _tokens;
    private double _tokensASecond;
    private bool _isClosed, _workIsNext;

    public ComputeQueue(ServingOptions options, ServingMetrics metrics)
    {
        (_maxTokens, _batchTokens, _metrics) = (options.MaxQueuedTokens, options.MaxBatchTokens, metrics);
        metrics.Watch(() => Tokens, () => Requests);
        _thread = new Thread(Compute) { Name = "graft compute", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Tokens that wait.</summary>
    public long Tokens
    {
        get
        {
            lock (_gate) return _tokens;
        }
    }

    /// <summary>Requests that wait.</summary>
    public int Requests
    {
        get
        {
            lock (_gate) return _waiting.Count + _work.Count;
        }
    }

    /// <summary>The scores of features, once it is their turn.</summary>
    /// <exception cref="RequestException">The queue is full, or closed.</exception>
    public Task<FeatureScores[]> ScoreAsync(
        FeatureEngine engine,
        int lane,
        IReadOnlyList<Feature> features,
        CancellationToken cancellationToken
    )
    {
        if (features.Count == 0) return Task.FromResult<FeatureScores[]>([]);
        QueuedScoring scoring = new(engine, lane, features, cancellationToken);
        lock (_gate)
        {
            Admit(scoring.TokensLeft);
            _waiting.AddLast(scoring);
            Monitor.Pulse(_gate);
        }

        return scoring.Answer;
    }

    /// <summary>Runs work on the compute thread; work that takes long calls <see cref="LetOthersCompute"/> now and then.</summary>
    /// <param name="work">What is to be done.</param>
    /// <param name="tokens">What it counts for in the queue; 0 for the server's own work, which is never refused.</param>
    /// <param name="cancellationToken">Keeps work that has not begun from beginning.</param>
    /// <exception cref="RequestException">The queue is full, or closed.</exception>
    public Task RunAsync(Action work, long tokens, CancellationToken cancellationToken)
    {
        QueuedWork queued = new(work, tokens, cancellationToken);
        lock (_gate)
        {
            if (tokens > 0) Admit(tokens);
            _work.Enqueue(queued);
            Monitor.Pulse(_gate);
        }

        return queued.Done;
    }

    /// <summary>Computes one waiting batch in the middle of longer work. On the compute thread only.</summary>
    public void LetOthersCompute()
    {
        Debug.Assert(Thread.CurrentThread == _thread, "only the compute thread computes");
        (QueuedScoring Scoring, int Place)[] batch;
        lock (_gate) batch = TakeBatch();
        if (batch.Length > 0) Score(batch);
    }

    /// <summary>Takes nothing more, finishes what waits, and ends the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
        }

        _thread.Join();
    }

    private void Admit(long tokens)
    {
        if (_isClosed) throw RequestException.ShuttingDown();
        if (tokens > _maxTokens) throw RequestException.TooLarge($"the request has {tokens} tokens; the server takes {_maxTokens} at once");
        if (_tokens + tokens > _maxTokens) throw RequestException.Overloaded(RetrySeconds());
        _tokens += tokens;
    }

    /// <summary>When half of what waits will be done, as far as the speed so far tells.</summary>
    private int RetrySeconds() =>
        _tokensASecond == 0 ? 1 : (int)Math.Clamp(Math.Ceiling(_tokens / 2 / _tokensASecond), 1, MostRetrySeconds);

    private void Compute()
    {
        while (true)
        {
            QueuedWork? work = null;
            (QueuedScoring Scoring, int Place)[] batch = [];
            lock (_gate)
            {
                while (_work.Count == 0 && (batch = TakeBatch()).Length == 0)
                {
                    if (_isClosed) return;
                    Monitor.Wait(_gate);
                }

                if (batch.Length == 0 && (_workIsNext || (batch = TakeBatch()).Length == 0))
                {
                    work = _work.Dequeue();
                    _tokens -= work.Tokens;
                }

                _workIsNext = work is null;
            }

            if (work is not null) work.Run();
            else Score(batch);
        }
    }

    /// <summary>The next batch: features of the model that the oldest request is for; empty where nothing waits.</summary>
    private (QueuedScoring Scoring, int Place)[] TakeBatch()
    {
        DropVanished();
        if (_waiting.First is not { } oldest) return [];
        List<LinkedListNode<QueuedScoring>> sharing = [];
        for (LinkedListNode<QueuedScoring>? node = oldest; node is not null; node = node.Next)
        {
            if (ReferenceEquals(node.Value.Engine, oldest.Value.Engine)) sharing.Add(node);
        }

        List<(QueuedScoring, int)> batch = [];
        long tokens = 0, room = oldest.Value.Engine.SharesBatches ? _batchTokens : 0; // the first text always fits
        for (bool took = true; took;)
        {
            took = false;
            foreach (LinkedListNode<QueuedScoring> node in sharing)
            {
                QueuedScoring scoring = node.Value;
                if (scoring.FeaturesLeft == 0 || (batch.Count > 0 && tokens + scoring.NextLength > room)) continue;
                tokens += scoring.NextLength;
                batch.Add((scoring, scoring.Take()));
                took = true;
            }
        }

        _tokens -= tokens;
        foreach (LinkedListNode<QueuedScoring> node in sharing.Where(node => batch.Exists(entry => entry.Item1 == node.Value)))
        {
            _waiting.Remove(node);
            if (node.Value.FeaturesLeft > 0) _waiting.AddLast(node); // the others of other models first
        }

        return [.. batch];
    }

    private void DropVanished()
    {
        for (LinkedListNode<QueuedScoring>? node = _waiting.First, next; node is not null; node = next)
        {
            next = node.Next;
            if (!node.Value.IsOver) continue;
            _tokens -= node.Value.TokensLeft;
            _waiting.Remove(node);
            _metrics.Vanished();
        }
    }

    private void Score((QueuedScoring Scoring, int Place)[] batch)
    {
        long start = Stopwatch.GetTimestamp();
        (int Lane, Feature Feature)[] features = [.. batch.Select(entry => (entry.Scoring.Lane, entry.Scoring.Features[entry.Place]))];
        foreach (QueuedScoring scoring in batch.Where(entry => entry.Place == 0).Select(entry => entry.Scoring))
        {
            _metrics.Waited(Stopwatch.GetElapsedTime(scoring.Since, start));
            scoring.Span?.AddEvent(new ActivityEvent("graft.computed"));
        }

        try
        {
            FeatureScores[] scores = batch[0].Scoring.Engine.Score(features);
            long tokens = features.Sum(entry => (long)entry.Feature.Ids.Length);
            TimeSpan took = Stopwatch.GetElapsedTime(start);
            double speed = tokens / Math.Max(1e-6, took.TotalSeconds);
            lock (_gate) _tokensASecond = _tokensASecond == 0 ? speed : _tokensASecond + (Smoothing * (speed - _tokensASecond));
            _metrics.Computed(features.Length, tokens, took);
            for (int i = 0; i < batch.Length; i++) batch[i].Scoring.Keep(batch[i].Place, scores[i]);
        }
        catch (Exception failure) // whatever it is, it is the requests' and not the thread's
        {
            QueuedScoring[] requests = [.. batch.Select(entry => entry.Scoring).Distinct()];
            if (requests is [QueuedScoring only])
            {
                only.Fail(failure);
                return;
            }

            // One of them is to blame: each alone.
            foreach (QueuedScoring request in requests) Score([.. batch.Where(entry => entry.Scoring == request)]);
        }
    }
}
