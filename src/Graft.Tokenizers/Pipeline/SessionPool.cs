namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Lends the working memory that only one thread at a time may use. Each thread looks first where it put its own back, so that a thread
/// that encodes text after text keeps one session, with what it has learnt, to itself.
/// </summary>
/// <param name="create">Makes a session for a thread that finds none idle.</param>
internal sealed class SessionPool<TSession>(Func<TSession> create)
    where TSession : class
{
    // References eight apart lie in different cache lines: threads do not slow each other down.
    private const int Spacing = 8;

    private readonly int _places = Math.Max(4, 2 * Environment.ProcessorCount);

    // The first place is not used: it lies beside the length, which every thread reads.
    private readonly TSession?[] _idle = new TSession?[Spacing * (Math.Max(4, 2 * Environment.ProcessorCount) + 1)];

    /// <summary>A borrowed session; disposing gives it back.</summary>
    public readonly struct Lease(SessionPool<TSession> pool, TSession session) : IDisposable
    {
        public TSession Session => session;

        public void Dispose() => pool.Return(session);
    }

    public Lease Rent() => new(this, Take());

    public TSession Take()
    {
        int home = Environment.CurrentManagedThreadId;
        for (int i = 0; i < _places; i++)
        {
            ref TSession? place = ref PlaceOf(home + i);
            if (place is not null && Interlocked.Exchange(ref place, null) is TSession session) return session;
        }

        return create();
    }

    public void Return(TSession session)
    {
        int home = Environment.CurrentManagedThreadId;
        for (int i = 0; i < _places; i++)
        {
            if (Interlocked.CompareExchange(ref PlaceOf(home + i), session, null) is null) return;
        }
    }

    private ref TSession? PlaceOf(int index) => ref _idle[((index % _places) + 1) * Spacing];
}
