using System.CommandLine;
using Graft.Pretrained;

namespace Graft.Cli;

/// <summary>
/// The one way a command names a model: a folder (a model's or a run's), or the name of a model of the hub, which is fetched when it is not
/// in the cache.
/// </summary>
internal static class ModelFlag
{
    /// <summary>The folder (or file) that the flag stands for.</summary>
    /// <exception cref="InputException">Neither a folder nor a model of the hub.</exception>
    /// <exception cref="RunFailedException">The hub cannot be reached.</exception>
    public static string Locate(ParseResult parsed, Option<string> option, CancellationToken cancellationToken = default) =>
        Locate(parsed.GetRequiredValue(option), cancellationToken);

    /// <summary>The folder (or file) that a value stands for.</summary>
    /// <inheritdoc cref="Locate(ParseResult, Option{string}, CancellationToken)"/>
    public static string Locate(string value, CancellationToken cancellationToken = default) =>
        File.Exists(value) ? value : ModelHub.LocateAsync(value, new TransferLines(), cancellationToken).GetAwaiter().GetResult();
}
