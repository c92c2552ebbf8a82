namespace Graft.Pretrained;

/// <summary>What tells models apart, whatever their folders are called: the SHA-256 of their weights.</summary>
internal static class WeightsHash
{
    /// <summary>The SHA-256 of a file, in hexadecimal.</summary>
    public static string OfFile(string file)
    {
        using FileStream stream = File.OpenRead(file);
        return Sha256.Of(stream);
    }

    /// <summary>
    /// The hash of a model folder's only file of weights, or over the hashes of all in the order of their names; null where there are none.
    /// </summary>
    public static string? Of(string folder)
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(folder)
                .Where(file =>
                    file.EndsWith(".safetensors", StringComparison.Ordinal)
                    || file.EndsWith(".bin", StringComparison.Ordinal)
                    || file.Contains(".ckpt.", StringComparison.Ordinal)
                )
                .Where(file => !Path.GetFileName(file).StartsWith("reference", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        return files.Length switch
        {
            0 => null,
            1 => OfFile(files[0]),
            _ => Sha256.Of(string.Concat(files.Select(OfFile))),
        };
    }
}
