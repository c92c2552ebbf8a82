using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Puts a string before a text that is not empty; it shares the place of the first character.</summary>
internal sealed class Prepend(string content) : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        if (text.Length == 0) return;
        text.BeginRewrite();
        for (int i = 0; i < content.Length;)
        {
            text.Append(Utf16.At(content, i, out int length), text.Sources[0]);
            i += length;
        }

        text.AppendOld(0, text.Length);
        text.EndRewrite();
    }

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Prepend");
        json.WriteString("prepend", content);
        json.WriteEndObject();
    }

    public static new Prepend Read(JsonPart part) => new(part.Member("prepend").AsString());
}
