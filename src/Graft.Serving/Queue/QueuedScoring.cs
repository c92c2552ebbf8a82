using System.Diagnostics;
using Graft.Tasks;

namespace Graft.Serving.Queue;

/// <summary>
/// The features of one request on their way through the queue; touched under the queue's lock, but for the scores, which the compute thread
/// alone writes.
/// </summary>
internal sealed class QueuedScoring
{
    private readonly TaskCompletionSource<FeatureScores[]> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _registration;
    private readonly FeatureScores[] _scores;
    private int _taken, _done;

    public QueuedScoring(FeatureEngine engine, int lane, IReadOnlyList<Feature> features, CancellationToken cancellationToken)
    {
        (Engine, Lane, Features) = (engine, lane, features);
        _scores = new FeatureScores[features.Count];
        TokensLeft = features.Sum(feature => (long)feature.Ids.Length);
        _registration = cancellationToken.UnsafeRegister(
            static (scoring, token) => ((QueuedScoring)scoring!)._answer.TrySetCanceled(token),
            this
        );
    }

    public FeatureEngine Engine { get; }

    public int Lane { get; }

    public IReadOnlyList<Feature> Features { get; }

    /// <summary>When it was queued, by the stopwatch.</summary>
    public long Since { get; } = Stopwatch.GetTimestamp();

    /// <summary>The span of its request, told when its first text is computed; null where nothing listens.</summary>
    public Activity? Span { get; } = Activity.Current;

    /// <summary>Tokens that no batch has taken yet.</summary>
    public long TokensLeft { get; private set; }

    /// <summary>Features that no batch has taken yet.</summary>
    public int FeaturesLeft => Features.Count - _taken;

    /// <summary>Whether nobody waits for it any more: answered, failed, or its client is gone.</summary>
    public bool IsOver => _answer.Task.IsCompleted;

    public Task<FeatureScores[]> Answer => _answer.Task;

    /// <summary>The length of the feature that the next batch would take.</summary>
    public int NextLength => Features[_taken].Ids.Length;

    /// <summary>Takes the next feature.</summary>
    public int Take()
    {
        TokensLeft -= NextLength;
        return _taken++;
    }

    /// <summary>Keeps a feature's scores; the last one answers the request.</summary>
    public void Keep(int place, FeatureScores scores)
    {
        _scores[place] = scores;
        if (++_done < _scores.Length) return;
        _registration.Dispose();
        _answer.TrySetResult(_scores);
    }

    public void Fail(Exception failure)
    {
        _registration.Dispose();
        _answer.TrySetException(failure);
    }
}

/// <summary>Work of another kind on the compute thread: a text that is written, a model that is warmed up.</summary>
internal sealed class QueuedWork(Action work, long tokens, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public long Tokens => tokens;

    public Task Done => _done.Task;

    /// <summary>Does the work, unless nobody waits for it any more.</summary>
    public void Run()
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            work();
            _done.TrySetResult();
        }
        catch (OperationCanceledException stopped)
        {
            _done.TrySetCanceled(stopped.CancellationToken);
        }
        catch (Exception failure) // whatever it is, it is the request's and not the thread's
        {
            _done.TrySetException(failure);
        }
    }
}
