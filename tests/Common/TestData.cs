namespace Graft.Testing;

/// <summary>Finds the reference data that lies beside the repository, when it is there.</summary>
internal static class TestData
{
    private static readonly string s_root = FindRoot();

    /// <summary>The repository's root folder.</summary>
    public static string Root => s_root;

    /// <summary>True when the folder of reference data is beside the repository.</summary>
    public static bool HasShared => Directory.Exists(SharedRoot);

    private static string SharedRoot => Environment.GetEnvironmentVariable("GRAFT_TEST_SHARED") ?? Path.Combine(s_root, "..", "shared");

    /// <summary>A file or folder of the reference data; the test is skipped, with the reason, when it is not there.</summary>
    public static string Shared(params string[] parts)
    {
        string path = Path.GetFullPath(Path.Combine([SharedRoot, .. parts]));
        if (!File.Exists(path) && !Directory.Exists(path)) Assert.Skip($"../shared/{string.Join('/', parts)} is not there");
        return path;
    }

    /// <summary>For a test of many minutes: it is skipped, with the reason, unless GRAFT_LONG is 1, as in <c>.ci/full</c>.</summary>
    public static void LongOnly()
    {
        if (Environment.GetEnvironmentVariable("GRAFT_LONG") != "1") Assert.Skip("takes minutes: GRAFT_LONG=1 runs it, and .ci/full does");
    }

    /// <summary>A file that belongs to the test project, copied beside its binaries.</summary>
    public static string Fixture(params string[] parts) => Path.Combine([AppContext.BaseDirectory, "Fixtures", .. parts]);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Graft.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException(
            "Tests run from inside the repository: Graft.slnx was not found above " + AppContext.BaseDirectory
        );
    }
}
