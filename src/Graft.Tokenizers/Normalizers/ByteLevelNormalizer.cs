using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Normalizers;

/// <summary>Writes every byte of the text as a character.</summary>
internal sealed class ByteLevelNormalizer : Normalizer
{
    public override void Apply(NormalizedText text)
    {
        text.BeginRewrite();
        text.AppendBytes(0, text.Length);
        text.EndRewrite();
    }

    public override void Write(Utf8JsonWriter json) => json.WriteType("ByteLevel");
}
