using System.Runtime.InteropServices;

namespace Graft.Cli;

/// <summary>
/// Ctrl-C, SIGTERM and SIGUSR1 (which mpirun forwards without a deadline, and schedulers send ahead of time) become a cancelled token, so
/// that long work can write its checkpoint first. A second Ctrl-C ends the process at once.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private const PosixSignal UserSignal = (PosixSignal)10; // SIGUSR1, as Linux numbers it

    private readonly CancellationTokenSource _source = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private readonly PosixSignalRegistration? _checkpoint;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, ExitCodes.Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, ExitCodes.Terminated));
        if (OperatingSystem.IsLinux())
            _checkpoint = PosixSignalRegistration.Create(UserSignal, context => Cancel(context, ExitCodes.Terminated));
    }

    /// <summary>Cancelled when the user or the system asks the process to stop.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>130 after Ctrl-C, 143 after SIGTERM and SIGUSR1.</summary>
    public int ExitCode { get; private set; } = ExitCodes.Interrupted;

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _checkpoint?.Dispose();
        _source.Dispose();
    }

    private void Cancel(PosixSignalContext context, int exitCode)
    {
        if (_source.IsCancellationRequested) return; // the default action of the second signal ends the process
        context.Cancel = true;
        ExitCode = exitCode;
        _source.Cancel();
    }
}
