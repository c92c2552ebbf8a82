namespace Graft.Torch.Compute;

/// <summary>
/// Long computations beside the caller: on a thread of their own, because what computes never awaits and its scopes and context belong to
/// its thread.
/// </summary>
internal static class ComputeThread
{
    /// <summary>Runs work in the calling thread's context.</summary>
    /// <param name="work">The computation, which watches the token itself.</param>
    /// <param name="cancellationToken">Keeps work that has not begun from beginning.</param>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        ComputeContext context = ComputeContext.Current;
        return Task.Factory.StartNew(
            () =>
            {
                using ComputeScope computing = context.Enter();
                return work();
            },
            cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
    }
}
