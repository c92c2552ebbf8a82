using System.Globalization;

namespace Graft.Tokenizers.Models;

/// <summary>The names of tokens that stand for single bytes: <c>&lt;0x0A&gt;</c>.</summary>
internal static class ByteToken
{
    private static readonly string[] s_names =
    [
        .. Enumerable.Range(0, 256).Select(value => string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>")),
    ];

    /// <summary>The token of a byte.</summary>
    public static string Of(byte value) => s_names[value];

    /// <summary>The byte a token stands for; false when it is no such token.</summary>
    public static bool TryParse(string token, out byte value)
    {
        value = 0;
        return token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
