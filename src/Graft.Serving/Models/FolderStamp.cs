using System.Globalization;
using Graft.Runs;

namespace Graft.Serving.Models;

/// <summary>
/// What tells one version of a folder from another without reading it: names, sizes and times of the files that lie in it.
/// </summary>
/// <param name="Files">One line a file; empty where the folder is not there.</param>
/// <param name="IsWhole">Whether it is no run that is still being trained.</param>
internal sealed record FolderStamp(string Files, bool IsWhole)
{
    public static FolderStamp Of(string folder)
    {
        try
        {
            string best = RunSeeds.Best(folder);
            IEnumerable<string> files = new DirectoryInfo(best).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal)
                .Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));
            return new FolderStamp(best + "\n" + string.Join('\n', files), RunManifest.Read(best)?.IsFinished ?? true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InputException)
        {
            return new FolderStamp("", false);
        }
    }
}
