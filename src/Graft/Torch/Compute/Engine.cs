using System.Globalization;
using System.Runtime.InteropServices;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Compute;

/// <summary>
/// Loads libtorch once a process and sets up what belongs to the process: allocator, spinning threads. How numbers are computed is no
/// business of the process: <see cref="ComputeContext"/>.
/// </summary>
public static class Engine
{
    private const string CachedProducts = "24"; // a step of training has some twenty shapes
    private const int TrimThreshold = -1, TopPad = -2, MmapMax = -4;
    private static readonly Lock s_lock = new();
    private static readonly Lazy<int> s_defaultThreads = new(() => EnvironmentThreads() ?? Environment.ProcessorCount);
    private static volatile bool s_isStarted;

    /// <summary>True once libtorch is loaded: what needs no tensor starts faster without it.</summary>
    internal static bool IsStarted => s_isStarted;

    /// <summary>The threads of a context that names none: GRAFT_THREADS, or one a processor.</summary>
    /// <exception cref="InputException">GRAFT_THREADS is no number of threads.</exception>
    public static int DefaultThreads => s_defaultThreads.Value;

    /// <summary>Starts the engine; does nothing where it is started.</summary>
    /// <exception cref="InputException">The environment variable GRAFT_THREADS is impossible.</exception>
    public static void Start()
    {
        if (!s_isStarted)
        {
            lock (s_lock)
            {
                if (!s_isStarted) Load();
            }
        }

        ComputeContext.CatchUp();
    }

    private static void Load()
    {
        KeepFreedBlocks();
        SpinBriefly();
        BoundCaches();
        RequireLibTorch();
        InitializeDeviceType(DeviceType.CPU);
        set_num_threads(DefaultThreads);
        s_isStarted = true;
    }

    /// <summary>
    /// Says in one line that no package brings libtorch, instead of the binding's page; a libtorch that the system finds for itself serves
    /// too.
    /// </summary>
    private static void RequireLibTorch()
    {
        if (NativeFiles.Find(NativeFiles.LibTorch) is not null || NativeLibrary.TryLoad("torch_cpu", typeof(Engine).Assembly, null, out _))
            return;
        string version = typeof(torch).Assembly.GetName().Version?.ToString(3) ?? "";
        throw new InputException(NativeFiles.IsServed
            ? $"libtorch is not beside the program, and Graft computes with it: dotnet add package TorchSharp-cpu --version {version}"
            : $"there is no libtorch for {RuntimeInformation.RuntimeIdentifier}: Graft computes on linux-x64, win-x64 and osx-arm64");
    }

    /// <summary>
    /// Ends the process of a console program, as its last act. Once libtorch is loaded, without the destructors of its globals: .NET's own
    /// threads may still release tensors meanwhile, and a run that had ended well was seen to abort there, with glibc's "corrupted size vs.
    /// prev_size". The system takes everything back anyway.
    /// </summary>
    /// <param name="code">The exit code; where the process ends in the usual way it is for the caller to return.</param>
    public static void EndProcess(int code)
    {
        if (!IsStarted || !OperatingSystem.IsLinux()) return;
        Console.Out.Flush();
        Console.Error.Flush();
        NativeMethods.EndProcess(code);
    }

    /// <summary>
    /// Threads that wait for one another spin before they sleep, with OpenMP's default for milliseconds. Where something else wants the
    /// core, that is time taken from the thread that is waited for. Read when libtorch is loaded; what the user has set stays.
    /// </summary>
    private static void SpinBriefly()
    {
        // The runtime's own environment is a copy that native code does not see.
        if (OperatingSystem.IsLinux()) _ = NativeMethods.SetNativeEnvironment("GOMP_SPINCOUNT", "10000", overwrite: 0);
    }

    /// <summary>
    /// oneDNN keeps prepared products for every shape it meets, and libtorch wrappers around them: over texts of all lengths that is memory
    /// without end (622 MB and rising after 4,000 texts; 400 MB with bounds, no slower). Under load 64 of them took 100 MB more of a server
    /// than 8. Read when libtorch is loaded; what the user has set stays.
    /// </summary>
    private static void BoundCaches()
    {
        if (!OperatingSystem.IsLinux())
            return;
        foreach (string name in (string[])["ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"])
            _ = NativeMethods.SetNativeEnvironment(name, CachedProducts, overwrite: 0);
    }

    private static int? EnvironmentThreads()
    {
        string? text = Environment.GetEnvironmentVariable("GRAFT_THREADS");
        if (string.IsNullOrEmpty(text)) return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int threads) && threads > 0
            ? threads
            : throw new InputException($"GRAFT_THREADS={text}: a whole number of at least 1 is allowed");
    }

    /// <summary>
    /// Big tensors come and go every step: with glibc's defaults each is mapped and faulted in anew. Kept in the heap, they are warm
    /// (a GELU over 33 MB: 10 ms before, 2.4 ms after).
    /// </summary>
    private static void KeepFreedBlocks()
    {
        if (!OperatingSystem.IsLinux()) return;
        try
        {
            _ = NativeMethods.SetAllocatorOption(MmapMax, 0);
            _ = NativeMethods.SetAllocatorOption(TrimThreshold, int.MaxValue);
            _ = NativeMethods.SetAllocatorOption(TopPad, 256 << 20);
        }
        catch (EntryPointNotFoundException)
        {
            // Another C library (musl) has no such switch.
        }
    }
}
