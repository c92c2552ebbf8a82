using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using Graft.Torch.Native;
using static TorchSharp.torch;

namespace Graft.Torch.Compute;

/// <summary>
/// Runs managed kernels on libtorch's own threads, as many as the calling thread's context says, so that they never compete with those of
/// its products.
/// </summary>
internal static unsafe class KernelThreads
{
    /// <summary>Runs <paramref name="body"/> on disjoint ranges that cover 0 … <paramref name="count"/>.</summary>
    /// <param name="count">The number of items.</param>
    /// <param name="grain">The fewest items worth a thread.</param>
    /// <param name="body">Called with [begin, end); an exception is thrown again here.</param>
    public static void For(long count, long grain, Action<long, long> body)
    {
        if (count <= 0) return;
        if (count <= grain)
        {
            body(0, count);
            return;
        }

        Work work = new(body);
        GCHandle handle = GCHandle.Alloc(work);
        try
        {
            Dispatcher.Check(
                NativeMethods.torch_parallel_for(0, count, grain, &Invoke, (void*)GCHandle.ToIntPtr(handle)),
                "torch_parallel_for"
            );
        }
        finally
        {
            handle.Free();
        }

        work.Failure?.Throw();
    }

    /// <summary>
    /// Runs <paramref name="body"/> once for each of a few equal parts; whichever thread is free takes the next, so that a core that is
    /// disturbed does not hold up the others.
    /// </summary>
    /// <param name="parts">A few for each thread.</param>
    /// <param name="body">Called with 0 … <paramref name="parts"/> - 1, in any order; an exception is thrown again here.</param>
    public static void TakeTurns(int parts, Action<int> body)
    {
        int next = -1;
        For(Math.Min(parts, get_num_threads()), 1, (_, _) =>
        {
            for (int part = Interlocked.Increment(ref next); part < parts; part = Interlocked.Increment(ref next)) body(part);
        });
    }

    [UnmanagedCallersOnly]
    private static void Invoke(long begin, long end, void* context)
    {
        Work work = (Work)GCHandle.FromIntPtr((nint)context).Target!;
        try
        {
            work.Body(begin, end);
        }
        catch (Exception exception) // nothing may unwind through native frames
        {
            work.Failure = ExceptionDispatchInfo.Capture(exception);
        }
    }

    private sealed class Work(Action<long, long> body)
    {
        public Action<long, long> Body { get; } = body;

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
