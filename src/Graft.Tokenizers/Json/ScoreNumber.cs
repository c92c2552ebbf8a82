using System.Globalization;

namespace Graft.Tokenizers.Json;

/// <summary>
/// Reads the scores of a Unigram model as the reference's JSON reader does: the digits as one whole number, then one multiplication or
/// division by a power of ten. The last bit may differ from the nearest number, and ties between segmentations hang on it: with the
/// nearest number T5 cuts <c>---</c> as <c>- --</c>, the reference as <c>-- -</c>.
/// </summary>
internal static class ScoreNumber
{
    private const int LargestPower = 308;

    private static readonly double[] s_powersOfTen =
        [.. Enumerable.Range(0, LargestPower + 1).Select(exponent => double.Parse($"1e{exponent}", CultureInfo.InvariantCulture))];

    /// <summary>The number the reference would have if it read <paramref name="exact"/> from a file it wrote itself.</summary>
    public static double Reread(double exact) =>
        Parse(System.Text.Encoding.ASCII.GetBytes(exact.ToString("R", CultureInfo.InvariantCulture)));

    /// <summary>Reads a JSON number.</summary>
    public static double Parse(ReadOnlySpan<byte> json)
    {
        bool isNegative = json[0] == '-';
        ulong digits = 0;
        int exponent = 0;
        bool afterPoint = false;
        bool isFull = false;
        int i = isNegative ? 1 : 0;
        for (; i < json.Length && json[i] is not ((byte)'e' or (byte)'E'); i++)
        {
            if (json[i] == '.')
            {
                afterPoint = true;
                continue;
            }

            uint digit = (uint)(json[i] - '0');
            isFull |= digits > (ulong.MaxValue - digit) / 10;
            if (!isFull) digits = digits * 10 + digit;
            if (afterPoint && !isFull) exponent--;
            if (!afterPoint && isFull) exponent++;
        }

        if (i < json.Length && int.TryParse(json[(i + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int written))
            exponent += written;
        double value = Scale(digits, exponent);
        return isNegative ? -value : value;
    }

    private static double Scale(double value, int exponent)
    {
        for (; exponent < -LargestPower; exponent += LargestPower) value /= s_powersOfTen[LargestPower];
        if (exponent < 0) return value / s_powersOfTen[-exponent];
        return exponent > LargestPower ? double.PositiveInfinity : value * s_powersOfTen[exponent];
    }
}
