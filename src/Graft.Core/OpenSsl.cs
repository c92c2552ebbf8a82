using System.Runtime.InteropServices;

namespace Graft;

/// <summary>
/// On Linux .NET hashes and speaks TLS through the system's OpenSSL, and ends the process where there is none (a Debian or Ubuntu base
/// image).
/// So it is asked for first.
/// </summary>
internal static class OpenSsl
{
    /// <summary>The names that .NET tries, in its order.</summary>
    private static readonly string[] s_names = ["libssl.so.3", "libssl.so.1.1", "libssl.so.1.0.2", "libssl.so.1.0.0", "libssl.so.10"];

    private static readonly Lazy<bool> s_isThere = new(() =>
        !OperatingSystem.IsLinux()
        || Environment.GetEnvironmentVariable("CLR_OPENSSL_VERSION_OVERRIDE") is { Length: > 0 }
        || s_names.Any(name => NativeLibrary.TryLoad(name, out _)));

    /// <summary>True where .NET's cryptography works.</summary>
    public static bool IsThere => s_isThere.Value;

    /// <summary>For what uses the network.</summary>
    /// <exception cref="InputException">There is no OpenSSL; it names the packages.</exception>
    public static void Require(string purpose)
    {
        if (!IsThere)
            throw new InputException(
                $"{purpose} needs OpenSSL, which this system lacks: install it with its certificates (Debian, Ubuntu: apt-get install "
                    + $"libssl3 ca-certificates)"
            );
    }
}
