using Graft.Checkpoints;

namespace Graft.Parity;

/// <summary>A kind of reference: how its folders are recognised and run.</summary>
internal interface IParityKind
{
    /// <summary>True for a folder with a reference of this kind.</summary>
    bool Handles(string folder);

    /// <summary>Runs the reference and compares.</summary>
    ParityReport Run(string folder);
}

/// <summary>Finds references below folders and runs them.</summary>
public static class ParityRunner
{
    private const string ReferenceName = "reference.safetensors";

    /// <summary>The kinds, asked in this order; one line a kind.</summary>
    private static readonly IParityKind[] s_kinds =
    [
        new TrajectoryParity(),
        new AdapterParity(),
        new DistillationParity(),
        new ModelParity(),
        new GenerationParity(),
    ];

    /// <summary>The folders with a reference, in order of name.</summary>
    /// <param name="paths">A case's folder, or folders above.</param>
    /// <exception cref="InputException">A path is missing or holds no reference.</exception>
    public static IReadOnlyList<string> Find(IEnumerable<string> paths)
    {
        List<string> found = [];
        foreach (string path in paths)
        {
            if (!Directory.Exists(path)) throw new InputException($"{path}: no such folder");
            string[] below = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetFileName(file) is ReferenceName or "generation.json").Select(file => Path.GetDirectoryName(file)!)
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
            found.AddRange(below.Length > 0 ? below : throw new InputException($"{path}: no {ReferenceName} or generation.json below it"));
        }

        return found;
    }

    /// <summary>Runs one case; what is wrong with its files becomes its error.</summary>
    public static ParityReport Run(string folder)
    {
        try
        {
            IParityKind? kind = s_kinds.FirstOrDefault(kind => kind.Handles(folder));
            return kind is null ? new ParityReport(folder, "unknown", [], "no kind of reference that graft knows") : kind.Run(folder);
        }
        catch (InputException e)
        {
            return new ParityReport(folder, "unreadable", [], e.Message);
        }
    }

    /// <summary>The reference's path in a case folder.</summary>
    internal static string Reference(string folder) => Path.Combine(folder, ReferenceName);

    /// <summary>What a reference says about itself.</summary>
    internal static IReadOnlyDictionary<string, string> MetadataOf(string folder)
    {
        using Checkpoint checkpoint = Open(folder);
        return checkpoint.Metadata;
    }

    /// <summary>Opens a reference.</summary>
    internal static Checkpoint Open(string folder) => Checkpoint.Open(Reference(folder));
}
