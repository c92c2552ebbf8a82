using System.Globalization;
using TorchSharp;

namespace Graft.Torch.Compute;

/// <summary>
/// How the numbers of one object (a model, a trainer, a predictor) are computed: where, in which precision, by which library, on how many
/// threads.
/// Two objects with contexts of their own compute side by side in one process, each to the bits it makes alone.
/// <code>
/// ComputeContext rounded = new() { Precision = Precision.Bf16, Threads = 4 };
/// using Predictor predictor = Predictor.Load("runs/reviews", compute: rounded);
/// </code>
/// </summary>
/// <remarks>
/// <para>An object enters its context on its thread for the time of its forward passes or its training (<see cref="Enter"/>); operations
/// ask for the thread's context, and what is recorded for a backward pass remembers the one it was computed in, whichever thread the
/// backward pass runs on. Nothing is chosen for the process.</para>
/// <para><b>Threads.</b> OpenMP (libtorch's operations, oneDNN, Graft's own kernels) and MKL hold the number of threads for each calling
/// thread, so a context's number holds for libtorch's operations too. libtorch hands the number set last to threads that it meets for the
/// first time: it is what work outside any context runs on there. Graft's kernels add up in an order that does not depend on the number;
/// the products of MKL and oneDNN may.</para>
/// <para><b>What belongs to the process</b> and to no context: the allocator's options and how long waiting threads spin
/// (<see cref="Engine"/>), oneDNN's cache of prepared products, which is keyed by shape, type and number of threads, so that it changes
/// times and never numbers, and the threads of libtorch's pools.</para>
/// </remarks>
public sealed record ComputeContext : IComputeOptions
{
    [ThreadStatic]
    private static ComputeContext? s_current;
    [ThreadStatic]
    private static bool s_isPending; // entered before libtorch was loaded: its threads are not set yet

    /// <summary>
    /// All automatic: the processor, fp32, its fastest library (or GRAFT_MATRIX_PRODUCT), a thread a core (or GRAFT_THREADS).
    /// </summary>
    public static ComputeContext Default { get; } = new();

    /// <summary>That of the calling thread: the one entered last, else <see cref="Default"/>.</summary>
    public static ComputeContext Current => s_current ?? Default;

    /// <summary>Where is computed.</summary>
    /// <value>The processor.</value>
    public ComputeDevice Device { get; init; }

    /// <summary>What linear layers multiply.</summary>
    /// <value>fp32.</value>
    public Precision Precision { get; init; }

    /// <summary>Which library multiplies fp32 matrices.</summary>
    /// <value>
    /// Null for the one that GRAFT_MATRIX_PRODUCT names, or the faster one of this machine: <see cref="MatrixLibraries.Default"/>.
    /// </value>
    public MatrixLibrary? Library { get; init; }

    /// <summary>Threads of products and kernels.</summary>
    /// <value>Null for GRAFT_THREADS, or one a processor.</value>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether a row of a linear layer's output has the same bits whatever rows are beside it. The libraries have ways of their own for few
    /// rows, which add up in another order; such products are computed with rows of zeros beside them then.
    /// </summary>
    /// <value>False: the same to rounding.</value>
    public bool IndependentRows { get; init; }

    /// <summary>The library in use; the first question may measure for some milliseconds.</summary>
    /// <exception cref="InputException">GRAFT_MATRIX_PRODUCT is no library.</exception>
    public MatrixLibrary ResolvedLibrary => Library ?? MatrixLibraries.Default;

    /// <summary>The number of threads in use.</summary>
    /// <exception cref="InputException">GRAFT_THREADS is no number of threads.</exception>
    public int ResolvedThreads => Threads ?? Engine.DefaultThreads;

    /// <summary>Refuses impossible values.</summary>
    /// <exception cref="InputException">
    /// The number of threads is not positive, nothing can be computed on the device, or the processor has no fast products of 8 bits.
    /// </exception>
    public void Validate()
    {
        if (Threads is int threads && threads < 1)
            throw new InputException("threads", threads.ToString(CultureInfo.InvariantCulture), "at least 1");
        Device.Require();
        if (Precision == Precision.Int8) Int8.Require();
    }

    /// <summary>Makes this the calling thread's context until the answer is disposed, on the same thread.</summary>
    /// <exception cref="InputException">As <see cref="Validate"/>.</exception>
    public ComputeScope Enter()
    {
        ComputeContext? before = s_current;
        if (ReferenceEquals(before, this)) return default;
        Validate();
        s_current = this;
        if (!Engine.IsStarted)
        {
            s_isPending = true; // what needs no tensor is over before libtorch is loaded
            return new ComputeScope(before, 0);
        }

        int threads = ResolvedThreads, had = torch.get_num_threads();
        if (threads != had) torch.set_num_threads(threads);
        return new ComputeScope(before, had);
    }

    /// <summary>Sets the threads of a context that was entered before libtorch was loaded.</summary>
    internal static void CatchUp()
    {
        if (!s_isPending) return;
        s_isPending = false;
        torch.set_num_threads(Current.ResolvedThreads);
    }

    /// <summary>Goes back to what was before.</summary>
    /// <param name="before">The context; null for none.</param>
    /// <param name="threads">libtorch's threads before; 0 where it was not loaded.</param>
    internal static void Leave(ComputeContext? before, int threads)
    {
        s_current = before;
        s_isPending &= before is not null;
        if (!Engine.IsStarted) return;
        if (threads == 0) threads = Current.ResolvedThreads;
        if (threads != torch.get_num_threads()) torch.set_num_threads(threads);
    }
}

/// <summary>The time in which a context holds on a thread; disposed there, in the reverse order of entering.</summary>
public ref struct ComputeScope
{
    private readonly ComputeContext? _before;
    private readonly int _threads;
    private bool _isEntered;

    internal ComputeScope(ComputeContext? before, int threads) => (_before, _threads, _isEntered) = (before, threads, true);

    /// <summary>Goes back to the context before.</summary>
    public void Dispose()
    {
        if (!_isEntered) return;
        _isEntered = false;
        ComputeContext.Leave(_before, _threads);
    }
}
