using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Splits at every punctuation character.</summary>
internal sealed class Punctuation(SplitBehavior behavior) : PreTokenizer
{
    /// <summary>Every punctuation character.</summary>
    public static CharacterPattern Characters { get; } = new(CodePoint.IsPunctuation);

    public override void Apply(PieceList pieces) => pieces.Split(Characters, behavior);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Punctuation");
        json.WriteString("behavior", behavior.ToString());
        json.WriteEndObject();
    }

    public static new Punctuation Read(JsonPart part) =>
        new(part.Find("behavior") is JsonPart behavior ? Split.ReadBehavior(behavior) : SplitBehavior.Isolated);
}
