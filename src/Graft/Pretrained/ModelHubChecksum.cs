using System.Security.Cryptography;
using System.Text;
using static System.FormattableString;

namespace Graft.Pretrained;

/// <summary>Compares a received file with the hash that is its ETag.</summary>
internal static class ModelHubChecksum
{
    private const int Sha256Digits = 64, GitDigits = 40;

    /// <summary>
    /// True when the content has this ETag: SHA-256 for large files, Git's blob hash for small ones. ETags of other forms (mirrors) say
    /// nothing of the content.
    /// </summary>
    public static bool Matches(string path, string etag) => etag.Length switch
    {
        Sha256Digits => Hash(path, HashAlgorithmName.SHA256, []) == etag,
        GitDigits => Hash(path, HashAlgorithmName.SHA1, Encoding.ASCII.GetBytes(Invariant($"blob {new FileInfo(path).Length}\0"))) == etag,
        _ => true,
    };

    private static string Hash(string path, HashAlgorithmName algorithm, byte[] prefix)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(algorithm);
        hash.AppendData(prefix);
        byte[] buffer = new byte[1 << 20];
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        for (int count; (count = stream.Read(buffer)) > 0;) hash.AppendData(buffer.AsSpan(0, count));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
