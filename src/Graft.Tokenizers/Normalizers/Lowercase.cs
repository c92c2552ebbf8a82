using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Lower-cases every code point by itself: a final Σ becomes σ, İ becomes i and a combining dot.</summary>
internal sealed class Lowercase : Normalizer
{
    public override void Apply(NormalizedText text) => ApplyTo(text);

    public override void Write(Utf8JsonWriter json) => json.WriteType("Lowercase");

    public static void ApplyTo(NormalizedText text)
    {
        if (System.Text.Ascii.IsValid(text.Units))
        {
            System.Text.Ascii.ToLowerInPlace(text.EditUnits(), out _);
            return;
        }

        text.BeginRewrite();
        ReadOnlySpan<char> units = text.Units;
        for (int i = 0; i < units.Length;)
        {
            int codePoint = Utf16.At(units, i, out int length);
            i += length;
            text.Write(CodePoint.ToLower(codePoint, out int second), 0);
            if (second != 0) text.Write(second, 1);
        }

        text.EndRewrite();
    }
}
