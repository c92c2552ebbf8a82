using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>
/// Drops combining marks (categories M*). They stand by themselves only after a decomposition, which is a step of its own.
/// </summary>
internal sealed class StripAccents : Normalizer
{
    public override void Apply(NormalizedText text) => text.Filter(codePoint => !CodePoint.IsCombiningMark(codePoint));

    public override void Write(Utf8JsonWriter json) => json.WriteType("StripAccents");
}
