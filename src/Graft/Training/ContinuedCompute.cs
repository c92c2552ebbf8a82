using Graft.Runs;
using Graft.Torch.Compute;

namespace Graft.Training;

/// <summary>The context of a run that goes on.</summary>
internal static class ContinuedCompute
{
    /// <summary>
    /// Where the context leaves the library open, the one that the run was begun with, since another one rounds differently.
    /// </summary>
    /// <param name="folder">The run folder; the context stays as it is where it says nothing.</param>
    /// <param name="compute">The context as this start would have it.</param>
    public static ComputeContext Of(string folder, ComputeContext compute) =>
        compute.Library is null && RunManifest.ReadMatrixProduct(folder) is string library
            ? compute with
            {
                Library = MatrixLibraries.Parse(library),
            }
            : compute;
}
