using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Drops white space; what lies between is a piece.</summary>
internal sealed class WhitespaceSplit : PreTokenizer
{
    /// <summary>Every white-space character.</summary>
    public static CharacterPattern WhiteSpace { get; } = new(CodePoint.IsWhiteSpace);

    public override void Apply(PieceList pieces) => pieces.Split(WhiteSpace, SplitBehavior.Removed);

    public override void Write(Utf8JsonWriter json) => json.WriteType("WhitespaceSplit");
}
