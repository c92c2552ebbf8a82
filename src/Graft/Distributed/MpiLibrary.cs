using System.Runtime.InteropServices;
using Graft.Torch.Native;

namespace Graft.Distributed;

/// <summary>
/// The system's MPI library as a table of function pointers. Handles are as wide as a register: Open MPI's are addresses of exported data,
/// MPICH's (and Intel MPI's) are ints in its low half. Only their values differ, so that one table serves both.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    private const int Serialized = 2, Success = 0;
    private static readonly TimeSpan s_abortLimit = TimeSpan.FromSeconds(10);

    private readonly delegate* unmanaged<int*, byte***, int, int*, int> _init;
    private readonly delegate* unmanaged<int> _finalize;
    private readonly delegate* unmanaged<nint, int*, int> _rank;
    private readonly delegate* unmanaged<nint, int*, int> _size;
    private readonly delegate* unmanaged<nint, nint, int> _setErrorHandler;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _send;
    private readonly delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int> _receive;
    private readonly delegate* unmanaged<nint*, int*, nint, int> _test;
    private readonly delegate* unmanaged<nint, int, int> _abort;
    private readonly delegate* unmanaged<int, byte*, int*, int> _errorString;
    private readonly nint _world;
    private readonly nint _byte;
    private readonly nint _errorsReturn;
    private readonly nint _statusIgnore;

    private MpiLibrary(nint library, string name)
    {
        Name = name;
        bool isOpenMpi = NativeLibrary.TryGetExport(library, "ompi_mpi_comm_world", out _world);
        IsOpenMpi = isOpenMpi;
        if (isOpenMpi)
        {
            (_byte, _errorsReturn, _statusIgnore) = (
                NativeLibrary.GetExport(library, "ompi_mpi_byte"),
                NativeLibrary.GetExport(library, "ompi_mpi_errors_return"),
                0
            );
        }
        else
        {
            (_world, _byte, _errorsReturn, _statusIgnore) = (0x44000000, 0x4c00010d, 0x54000001, 1); // MPICH's ABI
        }

        nint Function(string export) =>
            NativeLibrary.TryGetExport(library, export, out nint address)
                ? address
                : throw new InputException($"{name} has no {export}: it is no MPI library; name one with `mpi-library`");
        _init = (delegate* unmanaged<int*, byte***, int, int*, int>)Function("MPI_Init_thread");
        _finalize = (delegate* unmanaged<int>)Function("MPI_Finalize");
        _rank = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_rank");
        _size = (delegate* unmanaged<nint, int*, int>)Function("MPI_Comm_size");
        _setErrorHandler = (delegate* unmanaged<nint, nint, int>)Function("MPI_Comm_set_errhandler");
        _send = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Function("MPI_Isend");
        _receive = (delegate* unmanaged<void*, int, nint, int, int, nint, nint*, int>)Function("MPI_Irecv");
        _test = (delegate* unmanaged<nint*, int*, nint, int>)Function("MPI_Test");
        _abort = (delegate* unmanaged<nint, int, int>)Function("MPI_Abort");
        _errorString = (delegate* unmanaged<int, byte*, int*, int>)Function("MPI_Error_string");
    }

    /// <summary>The file it was loaded from.</summary>
    public string Name { get; }

    /// <summary>Whether it is Open MPI, not MPICH or one of its kin.</summary>
    public bool IsOpenMpi { get; }

    /// <summary>Loads the first library of a list that is there.</summary>
    /// <exception cref="InputException">None is there.</exception>
    public static MpiLibrary Load(IReadOnlyList<string> names, string launcher)
    {
        // UCX would take SIGSEGV from .NET, and the first null reference would end the process. The runtime's own environment is a copy
        // that native code does not see.
        if (OperatingSystem.IsLinux()) _ = NativeMethods.SetNativeEnvironment("UCX_ERROR_SIGNALS", "", overwrite: 0);
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library)) return new MpiLibrary(library, name);
        }

        throw new InputException(
            $"{launcher} started this process, but its library ({string.Join(" or ", names)}) is not there: install it (Debian: "
                + $"apt-get install {(names[0] == "libmpi.so.40" ? "libopenmpi3" : "libmpich12")}), or name another with `mpi-library`"
        );
    }

    /// <summary>
    /// Joins the others. The library waits for all of them without end: on a thread of its own, so that this one need not.
    /// </summary>
    /// <param name="limit">How long others are waited for.</param>
    /// <returns>This process's number, and how many there are; null where not all came.</returns>
    public (int Rank, int Size)? Start(TimeSpan limit)
    {
        int provided = 0, code = 0, rank = 0, size = 0;
        Thread joining = new(() =>
        {
            int threads = 0;
            code = _init(null, null, Serialized, &threads);
            provided = threads;
        })
        {
            IsBackground = true,
            Name = "MPI_Init_thread",
        };
        joining.Start();
        if (!joining.Join(limit)) return null;
        Check(code, "MPI_Init_thread");
        if (provided < Serialized)
            throw new RunFailedException($"{Name} allows calls of one thread only (MPI_THREAD_SERIALIZED is wanted)");
        Check(_setErrorHandler(_world, _errorsReturn), "MPI_Comm_set_errhandler");
        Check(_rank(_world, &rank), "MPI_Comm_rank");
        Check(_size(_world, &size), "MPI_Comm_size");
        return (rank, size);
    }

    /// <summary>Begins to send; the bytes must stay where they are until <see cref="IsDone"/>.</summary>
    public void Send(nint address, int bytes, int rank, int tag, nint* request) =>
        Check(_send((void*)address, bytes, _byte, rank, tag, _world, request), "MPI_Isend");

    /// <summary>Begins to receive.</summary>
    public void Receive(nint address, int bytes, int rank, int tag, nint* request) =>
        Check(_receive((void*)address, bytes, _byte, rank, tag, _world, request), "MPI_Irecv");

    /// <summary>Whether a message has arrived; the library works on all messages meanwhile.</summary>
    public bool IsDone(nint* request)
    {
        int done = 0;
        Check(_test(request, &done, _statusIgnore), "MPI_Test");
        return done != 0;
    }

    /// <summary>Ends all processes; where the library cannot reach the others it does not return, and this one ends by itself.</summary>
    public void Abort(int code)
    {
        Thread ending = new(() => _abort(_world, code)) { IsBackground = true, Name = "MPI_Abort" };
        ending.Start();
        _ = ending.Join(s_abortLimit);
    }

    /// <summary>Leaves the others; nothing may be called afterwards.</summary>
    public void Finish() => _ = _finalize();

    private void Check(int code, string function)
    {
        if (code == Success) return;
        byte* text = stackalloc byte[1024]; // MPI_MAX_ERROR_STRING is less everywhere
        int length = 0;
        string why =
            _errorString(code, text, &length) == Success
                ? System.Text.Encoding.UTF8.GetString(text, length).ReplaceLineEndings(" ")
                : $"error {code}";
        throw new RunFailedException(
            $"{function}: {why}; what was written so far is whole: the same command (training: with `resume`) goes on"
        );
    }
}
