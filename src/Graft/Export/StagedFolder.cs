namespace Graft.Export;

/// <summary>
/// Writes a folder whole or not at all: beside its place, under a hidden name, then moved. Whoever opens the folder, while it is made or
/// after the making was stopped or refused, finds what was there before.
/// </summary>
internal static class StagedFolder
{
    /// <summary>Refuses a place that is the model's own, or that holds something other than a former export.</summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="output">The place.</param>
    /// <param name="marker">The file that says that a folder is such an export.</param>
    /// <exception cref="InputException">The place is taken.</exception>
    public static void RequireFree(string folder, string output, string marker)
    {
        if (Path.GetFullPath(folder) == Path.GetFullPath(output))
            throw new InputException($"`output` {output} is the model itself: choose another folder");
        if (File.Exists(output)) throw new InputException($"`output` {output} is a file: name a folder");
        if (
            Directory.Exists(output)
            && Directory.EnumerateFileSystemEntries(output).Any()
            && !File.Exists(Path.Combine(output, marker))
        )
            throw new InputException($"`output` {output} holds something that is no such export ({marker}): choose another folder");
    }

    /// <summary>Makes the folder's content, then puts it in its place.</summary>
    /// <param name="output">The folder; files of a former export in it are replaced, all others stay.</param>
    /// <param name="marker">The file that says what the folder is: the first to go, the last to come.</param>
    /// <param name="optional">Files that go with a former export even where the new one has none.</param>
    /// <param name="write">Writes into the folder that it is given. What it throws reaches the caller, and nothing is left behind.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static T Write<T>(string output, string marker, IReadOnlyList<string> optional, Func<string, T> write)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)),
            parent = Path.GetDirectoryName(target) ?? target,
            staged = Path.Combine(parent, $".{Path.GetFileName(target)}.{Path.GetRandomFileName()}.partial");
        try
        {
            Directory.CreateDirectory(staged);
            T result = write(staged);
            Place(staged, target, marker, optional);
            return result;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"{output} cannot be written ({failure.Message.TrimEnd('.')})", failure);
        }
        finally
        {
            Discard(staged);
        }
    }

    private static void Place(string staged, string target, string marker, IReadOnlyList<string> optional)
    {
        if (!Directory.Exists(target))
        {
            Directory.Move(staged, target);
            return;
        }

        File.Delete(Path.Combine(target, marker));
        foreach (string file in optional) File.Delete(Path.Combine(target, file));
        foreach (string file in Directory.EnumerateFiles(staged, "*", SearchOption.AllDirectories).OrderBy(IsMarker).ToArray())
        {
            string place = Path.Combine(target, Path.GetRelativePath(staged, file));
            Directory.CreateDirectory(Path.GetDirectoryName(place)!);
            File.Move(file, place, overwrite: true);
        }

        bool IsMarker(string file) => Path.GetRelativePath(staged, file) == marker;
    }

    private static void Discard(string staged)
    {
        try
        {
            if (Directory.Exists(staged)) Directory.Delete(staged, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // What cannot be removed lies under a hidden name that nothing reads.
        }
    }
}
