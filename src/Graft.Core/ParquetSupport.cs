using System.Diagnostics.CodeAnalysis;

namespace Graft;

/// <summary>
/// Whether this program reads and writes Parquet. Parquet.Net builds code at run time, which a program that is compiled ahead of time
/// cannot: such a program sets the switch <c>Graft.Parquet.IsSupported</c> to false, and the compiler leaves all of it out (decision 4).
/// </summary>
internal static class ParquetSupport
{
    private const string Switch = "Graft.Parquet.IsSupported";

    /// <summary>True, unless the program's project says otherwise.</summary>
    [FeatureSwitchDefinition(Switch)]
    public static bool IsSupported => !AppContext.TryGetSwitch(Switch, out bool isSupported) || isSupported;

    /// <summary>What is said about a Parquet file where there is none of it.</summary>
    public static InputException Refusal(string path) =>
        new($"{path}: this program was built without Parquet ({Switch} is false); use CSV, TSV or JSON Lines");
}
