namespace Graft.Tokenizers.Pipeline;

/// <summary>
/// Lends the working memory of one thread at a time. Each thread looks first where it put its own back, so that a thread that encodes
/// text after text keeps one session, with what it has learnt, to itself.
/// </summary>
internal sealed class SessionPool(TokenizerCore core)
{
    // References eight apart lie in different cache lines: threads do not slow each other down.
    private const int Spacing = 8;

    private readonly TextSession?[] _idle = new TextSession?[Spacing * Math.Max(4, 2 * Environment.ProcessorCount)];

    /// <summary>A borrowed session; disposing gives it back.</summary>
    public readonly struct Lease(SessionPool pool, TextSession session) : IDisposable
    {
        public TextSession Session => session;

        public void Dispose() => pool.Return(session);
    }

    public Lease Rent()
    {
        int home = Home();
        for (int i = 0; i < _idle.Length; i += Spacing)
        {
            ref TextSession? slot = ref _idle[(home + i) % _idle.Length];
            if (slot is not null && Interlocked.Exchange(ref slot, null) is TextSession session) return new(this, session);
        }

        return new(this, core.CreateSession());
    }

    private void Return(TextSession session)
    {
        int home = Home();
        for (int i = 0; i < _idle.Length; i += Spacing)
        {
            if (Interlocked.CompareExchange(ref _idle[(home + i) % _idle.Length], session, null) is null) return;
        }
    }

    private int Home() => Environment.CurrentManagedThreadId * Spacing % _idle.Length;
}
