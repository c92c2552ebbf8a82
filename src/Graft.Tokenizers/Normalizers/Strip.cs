using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Drops white space at the beginning, the end, or both.</summary>
internal sealed class Strip(bool left, bool right) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        ReadOnlySpan<char> units = text.Units;
        int start = 0;
        int end = units.Length;
        while (left && start < end && CodePoint.IsWhiteSpace(units[start])) start++;
        while (right && end > start && CodePoint.IsWhiteSpace(units[end - 1])) end--;
        if (end - start == units.Length) return;
        text.BeginRewrite();
        text.AppendOld(start, end);
        text.EndRewrite();
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Strip");
        json.WriteBoolean("strip_left", left);
        json.WriteBoolean("strip_right", right);
        json.WriteEndObject();
    }

    public static new Strip Read(JsonPart part) => new(part.Bool("strip_left", true), part.Bool("strip_right", true));
}
