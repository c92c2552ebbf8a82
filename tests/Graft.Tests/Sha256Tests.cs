using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>Hashes are the standard's, whether the system's OpenSSL or Graft computes them.</summary>
public sealed partial class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    )]
    public void TheStandardsExamples(string message, string expected) =>
        Assert.Equal(expected, Managed(System.Text.Encoding.ASCII.GetBytes(message), 64));

    [Fact]
    public void EveryLengthAndEveryCutGivesTheSystemsHash()
    {
        byte[] data = new byte[300];
        new Random(1).NextBytes(data);
        for (int length = 0; length <= data.Length; length++)
        {
            string expected = Convert.ToHexStringLower(SHA256.HashData(data.AsSpan(0, length)));
            foreach (int piece in (int[])[1, 7, 63, 64, 65, 300]) Assert.Equal(expected, Managed(data.AsSpan(0, length), piece));
        }
    }

    /// <summary>
    /// .NET's own hashes, random bytes and certificates end the process on a Linux without OpenSSL: only files that have asked for it
    /// before use them.
    /// </summary>
    [Fact]
    public void NothingElseHashesThroughOpenSsl()
    {
        IEnumerable<string> users = Directory.EnumerateFiles(Path.Combine(TestData.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => NeedsOpenSsl().IsMatch(File.ReadAllText(file)));
        Assert.Equal(
            "GraftServer.cs ModelHubChecksum.cs Sha256.cs",
            string.Join(' ', users.Select(Path.GetFileName).Order(StringComparer.Ordinal))
        );
    }

    private static string Managed(ReadOnlySpan<byte> data, int piece)
    {
        using Sha256 hash = new(useSystem: false);
        for (; data.Length > piece; data = data[piece..]) hash.Append(data[..piece]);
        hash.Append(data);
        return hash.Finish();
    }

    [GeneratedRegex(
        @"(\b(SHA\d+|MD5|HMAC\w+|IncrementalHash|Rfc2898DeriveBytes)\.|\bnew HMAC|RandomNumberGenerator|\bX509Certificate)",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex NeedsOpenSsl();
}
