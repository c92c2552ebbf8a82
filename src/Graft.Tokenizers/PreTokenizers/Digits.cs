using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Sets numbers apart, whole (<c>a12</c> → <c>a</c> <c>12</c>) or digit by digit.</summary>
internal sealed class Digits(bool individual) : PreTokenizer
{
    private static readonly CharacterPattern s_digits = new(CodePoint.IsNumeric);

    public override void Apply(PieceList pieces) => pieces.Split(s_digits, individual ? SplitBehavior.Isolated : SplitBehavior.Contiguous);

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "Digits");
        json.WriteBoolean("individual_digits", individual);
        json.WriteEndObject();
    }

    public static new Digits Read(JsonPart part) => new(part.Bool("individual_digits", false));
}
