using System.Runtime.InteropServices;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

public sealed partial class BlockedSignalsTests
{
    private const int UserSignal = 10; // SIGUSR1

    /// <summary>Without the block the process dies here where oneDNN uses AVX-512: a handler's frame lands in the heap.</summary>
    [Fact]
    public void ASignalDuringAProductHarmsNothing()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("signals are sent to a thread by Linux");
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = TensorAssert.Normal(1, 64, 3072), weight = TensorAssert.Normal(2, 256, 3072);
        Tensor expected = Dispatcher.LinearPointwise(x, weight, null, "none"u8, default);
        long handled = 0;
        bool isDone = false;
        using PosixSignalRegistration registration = PosixSignalRegistration.Create((PosixSignal)UserSignal, context =>
        {
            context.Cancel = true;
            Interlocked.Increment(ref handled);
        });
        (int process, int thread) = (Environment.ProcessId, CurrentThread());
        Thread sender = new(() =>
        {
            while (!Volatile.Read(ref isDone)) _ = Send(process, thread, UserSignal);
        });
        sender.Start();
        try
        {
            for (int round = 0; round < 200; round++)
            {
                using Tensor product = Dispatcher.LinearPointwise(x, weight, null, "none"u8, default);
                Assert.True(product.allclose(expected));
            }
        }
        finally
        {
            Volatile.Write(ref isDone, true);
            sender.Join();
        }

        Assert.True(SpinWait.SpinUntil(() => Interlocked.Read(ref handled) > 0, TimeSpan.FromSeconds(10)), "no signal arrived");
    }

    [Fact]
    public void AThreadTakesSignalsAgainAfterwards()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("the mask is read from /proc");
        string before = Mask();
        using (BlockedSignals.OfThisThread()) Assert.NotEqual(before, Mask());
        Assert.Equal(before, Mask());
    }

    private static string Mask() =>
        File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith("SigBlk", StringComparison.Ordinal));

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int CurrentThread();

    [LibraryImport("libc", EntryPoint = "tgkill")]
    private static partial int Send(int process, int thread, int signal);
}
