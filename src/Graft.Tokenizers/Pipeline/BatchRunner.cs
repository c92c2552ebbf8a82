namespace Graft.Tokenizers.Pipeline;

/// <summary>Encodes many texts, each thread with a session of its own. What comes out does not depend on the number of threads.</summary>
internal static class BatchRunner
{
    // A thread takes some texts at a time: few enough for an even share, enough for taking them to cost nothing.
    private const int MostInPortion = 32;
    private const int PortionsOfThread = 32;

    /// <summary>Calls <paramref name="encode"/> for the texts 0…<paramref name="count"/> − 1.</summary>
    /// <exception cref="InputException">A text could not be encoded; of several the error is the first one's.</exception>
    public static void Run(SessionPool<TextSession> sessions, int count, int threads, Action<TextSession, int> encode)
    {
        threads = Math.Min(threads, count);
        if (threads <= 1)
        {
            using SessionPool<TextSession>.Lease lease = sessions.Rent();
            for (int i = 0; i < count; i++) encode(lease.Session, i);
            return;
        }

        int portion = Math.Clamp(count / (threads * PortionsOfThread), 1, MostInPortion);
        int next = 0;
        int failed = count;
        Exception? failure = null;
        Lock failing = new();
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Work());

        // Portions are taken in order, so that all texts before one that fails were tried.
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);

        void Work()
        {
            using SessionPool<TextSession>.Lease lease = sessions.Rent();
            while (Volatile.Read(ref failed) == count && Interlocked.Add(ref next, portion) - portion is int start && start < count)
            {
                for (int i = start; i < Math.Min(start + portion, count); i++)
                {
                    try
                    {
                        encode(lease.Session, i);
                    }
                    catch (InputException exception)
                    {
                        Fail(i, exception);
                        break;
                    }
                }
            }
        }

        void Fail(int text, InputException exception)
        {
            lock (failing)
            {
                if (text > failed) return;
                failed = text;
                failure = exception;
            }
        }
    }
}
