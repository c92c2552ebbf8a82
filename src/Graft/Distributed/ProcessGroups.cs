namespace Graft.Distributed;

/// <summary>How processes find each other.</summary>
public sealed record ProcessGroupOptions
{
    /// <summary>An MPI library, by name or path.</summary>
    /// <value>Null for the one that belongs to the launcher.</value>
    public string? MpiLibrary { get; init; }

    /// <summary>How long a rank waits for the others before it names who is missing.</summary>
    /// <value>Ten minutes.</value>
    public TimeSpan Limit { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>The group that this process was started in: by mpirun, mpiexec or srun, or alone.</summary>
public static class ProcessGroups
{
    private static readonly Lock s_lock = new();

    /// <summary>The group that was joined; null where none was.</summary>
    public static IProcessGroup? Joined { get; private set; }

    /// <summary>Joins the group; a process without a launcher is one by itself.</summary>
    /// <exception cref="InputException">The launcher's MPI library is not there, or does not belong to it.</exception>
    public static IProcessGroup Join(ProcessGroupOptions? options = null)
    {
        options ??= new ProcessGroupOptions();
        if (options.Limit < TimeSpan.FromSeconds(1)) throw new InputException("rank-limit", $"{options.Limit}", "at least one second");
        lock (s_lock)
        {
            if (Joined is not null) return Joined;
            if (Launcher.Find(Environment.GetEnvironmentVariable) is not { } launcher)
            {
                return options.MpiLibrary is null
                    ? SingleProcess.Instance
                    : throw new InputException("`mpi-library` goes with mpirun, mpiexec or srun, and none of them started this process");
            }

            MpiLibrary library = MpiLibrary.Load(options.MpiLibrary is null ? launcher.Libraries : [options.MpiLibrary], launcher.Name);
            Joined = new MpiGroup(launcher, library, options.Limit);
            return Joined;
        }
    }
}
