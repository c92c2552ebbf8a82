using System.Security.Cryptography;
using System.Text;
using Graft.Serving.Http;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Operation;

/// <summary>The keys that requests may bear, as hashes of one length, so that comparing takes the same time whatever was sent.</summary>
internal sealed class ApiKeys(ServingOptions options)
{
    private const string Scheme = "Bearer ";
    private readonly byte[][] _hashes = [.. options.ApiKeys.Select(HashOf)];

    /// <exception cref="RequestException">Keys are needed, and the request bears none of them.</exception>
    public void Require(HttpRequest request)
    {
        if (_hashes.Length == 0) return;
        string header = request.Headers.Authorization.ToString();
        byte[] found = HashOf(header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..] : "");
        bool isKnown = false;
        foreach (byte[] hash in _hashes)
            isKnown |= CryptographicOperations.FixedTimeEquals(hash, found);
        if (!isKnown)
            throw new RequestException(
                StatusCodes.Status401Unauthorized,
                RequestFault.Unauthorized,
                "an API key is needed: Authorization: Bearer KEY"
            );
    }

    private static byte[] HashOf(string key) => Encoding.ASCII.GetBytes(Sha256.Of(key));
}
