using Graft.Distributed;

namespace Graft.Tests.Distributed;

/// <summary>What started a process is told by its environment.</summary>
public sealed class LauncherTests
{
    [Theory]
    [InlineData("OMPI_COMM_WORLD_SIZE=4 PMIX_RANK=0", "Open MPI's mpirun", 4, "libmpi.so.40")]
    [InlineData("PMI_SIZE=3 PMI_RANK=0", "MPICH's mpiexec", 3, "libmpich.so.12")]
    [InlineData("SLURM_STEP_NUM_TASKS=2 PMIX_RANK=1 SLURM_PROCID=1", "srun with PMIx", 2, "libmpi.so.40")]
    [InlineData("SLURM_STEP_NUM_TASKS=2 PMI_SIZE=2 PMI_RANK=1 SLURM_PROCID=1", "srun with PMI-2", 2, "libmpich.so.12")]
    public void ALauncherIsKnownByItsVariables(string environment, string name, int size, string library)
    {
        Launcher found = Launcher.Find(Environment(environment))!;
        Assert.Equal((name, size, library), (found.Name, found.Size, found.Libraries[0]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=8")] // a batch script, not srun
    [InlineData("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1")]
    public void AProcessWithoutALauncherIsAlone(string environment) => Assert.Null(Launcher.Find(Environment(environment)));

    [Fact]
    public void ProcessesThatCannotFindEachOtherAreRefused() =>
        Assert.Contains(
            "--mpi=pmix",
            Assert.Throws<InputException>(() => Launcher.Find(Environment("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=8"))).Message,
            StringComparison.Ordinal
        );

    private static Func<string, string?> Environment(string text)
    {
        Dictionary<string, string> variables = text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return key => variables.GetValueOrDefault(key);
    }
}
