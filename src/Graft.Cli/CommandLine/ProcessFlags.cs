using System.CommandLine;
using Graft.Distributed;
using Graft.Tasks;
using Graft.Training;

namespace Graft.Cli;

/// <summary>The flags of commands that work on several ranks: what mpirun, mpiexec or srun started is found by itself.</summary>
internal sealed class ProcessFlags
{
    private const int UsualGroups = 8;

    private readonly Option<int?> _groups = new("--gradient-groups")
    {
        Description =
            "How many groups a batch's gradient is summed in, along a fixed order: equal numbers give equal bits on any number of "
                + "ranks and threads. At least the number of ranks; 1 otherwise, 8 under mpirun.",
    };

    private readonly Option<string?> _library = new("--mpi-library")
    {
        Description = "The MPI library, by name or path; the one that belongs to the launcher otherwise.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _limit = new("--rank-limit")
    {
        Description = "How long ranks wait for each other before they name who is missing and end with 75; 10m otherwise.",
        HelpName = "TIME",
    };

    /// <param name="command">Receives the flags.</param>
    /// <param name="trains">Whether it sums gradients.</param>
    public void AddTo(Command command, bool trains = true)
    {
        if (trains) command.Options.Add(_groups);
        command.Options.Add(_library);
        command.Options.Add(_limit);
    }

    /// <summary>The ranks that were started together.</summary>
    /// <exception cref="InputException">Launcher and MPI library do not belong together, or a flag has no sensible value.</exception>
    public IProcessGroup Join(ParseResult parsed)
    {
        ProcessGroupOptions options = new() { MpiLibrary = parsed.GetValue(_library) };
        if (parsed.GetValue(_limit) is string limit) options = options with { Limit = TrainingFlags.Duration(_limit, limit) };
        return ProcessGroups.Join(options);
    }

    /// <summary>The options of fine-tuning on the ranks that were started together.</summary>
    /// <inheritdoc cref="Join(ParseResult, TrainingOptions)" path="/exception"/>
    public FineTuningOptions Join(ParseResult parsed, FineTuningOptions options) =>
        options with
        {
            Training = Join(parsed, options.Training),
        };

    /// <summary>The options of a run on the ranks that were started together.</summary>
    /// <exception cref="InputException">Launcher and MPI library do not belong together, or a flag has no sensible value.</exception>
    public TrainingOptions Join(ParseResult parsed, TrainingOptions training)
    {
        IProcessGroup processes = Join(parsed);
        bool isLaunched = ProcessGroups.Joined is not null;
        int groups = parsed.GetValue(_groups) ?? (isLaunched ? UsualGroups : 1);
        bool isSized = training.Compute?.Threads is not null || Environment.GetEnvironmentVariable("GRAFT_THREADS") is { Length: > 0 };
        return training with
        {
            Processes = processes,
            GradientGroups = groups == 1 ? null : groups,
            Compute =
                isSized || !isLaunched
                    ? training.Compute
                    : (training.Compute ?? Torch.Compute.ComputeContext.Default) with
                    {
                        Threads = processes.Processors,
                    },
        };
    }
}
