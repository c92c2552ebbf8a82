using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.PreTokenizers;

namespace Graft.Tokenizers.Decoders;

/// <summary>Turns <c>▁</c> back to spaces; those of the first token are dropped, as one was put before the text.</summary>
internal sealed class MetaspaceDecoder(Metaspace settings) : Decoder
{
    public override void Apply(List<string> tokens)
    {
        for (int i = 0; i < tokens.Count; i++)
        {
            bool isPrepended = i == 0 && settings.Scheme != PrependScheme.Never;
            tokens[i] = tokens[i].Replace(settings.Replacement.ToString(), isPrepended ? "" : " ", StringComparison.Ordinal);
        }
    }

    public override void Write(Utf8JsonWriter json) => settings.Write(json);

    public static new MetaspaceDecoder Read(JsonPart part) => new(Metaspace.Read(part));
}
