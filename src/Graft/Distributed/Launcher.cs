using System.Globalization;

namespace Graft.Distributed;

/// <summary>What started this process as one of several, as its environment says.</summary>
/// <param name="Name">For people.</param>
/// <param name="Variable">The variable that says how many.</param>
/// <param name="Size">The number of processes that were started.</param>
/// <param name="Libraries">The MPI libraries that belong to it, the likeliest first.</param>
internal sealed record Launcher(string Name, string Variable, int Size, IReadOnlyList<string> Libraries)
{
    /// <summary>This process's number, as the launcher counts.</summary>
    public string Rank { get; init; } = "?";

    private static readonly string[] s_openMpi = ["libmpi.so.40"], s_mpich = ["libmpich.so.12", "libmpi.so.12"];

    /// <summary>The launcher; null where there is none.</summary>
    /// <param name="environment">Environment variables; null where one is not set.</param>
    /// <exception cref="InputException">SLURM started several processes that cannot find each other.</exception>
    public static Launcher? Find(Func<string, string?> environment)
    {
        int? Number(string key) =>
            int.TryParse(environment(key), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 ? number : null;
        if (Number("OMPI_COMM_WORLD_SIZE") is int openMpi)
            return new Launcher("Open MPI's mpirun", "OMPI_COMM_WORLD_SIZE", openMpi, s_openMpi)
            {
                Rank = environment("OMPI_COMM_WORLD_RANK") ?? "?",
            };
        int? step = Number("SLURM_STEP_NUM_TASKS");
        if (environment("PMIX_RANK") is string pmix && step is int slurm)
            return new Launcher("srun with PMIx", "SLURM_STEP_NUM_TASKS", slurm, s_openMpi) { Rank = pmix };
        if (Number("PMI_SIZE") is int mpich)
            return new Launcher(step is null ? "MPICH's mpiexec" : "srun with PMI-2", "PMI_SIZE", mpich, s_mpich)
            {
                Rank = environment("PMI_RANK") ?? "?",
            };
        if (step > 1 && environment("SLURM_PROCID") is not null)
            throw new InputException(
                $"srun started {step} processes without a way to find each other: each would train alone; use srun --mpi=pmix (Open "
                    + $"MPI) or srun --mpi=pmi2 (MPICH, Intel MPI)"
            );
        return null;
    }
}
