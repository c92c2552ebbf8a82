using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Drops white space and sets every punctuation character apart: <c>don't stop</c> → <c>don</c> <c>'</c> <c>t</c> <c>stop</c>.</summary>
internal sealed class BertPreTokenizer : PreTokenizer
{
    private static readonly CharacterPattern s_punctuation = new(CodePoint.IsPunctuation);

    public override void Apply(PieceList pieces)
    {
        pieces.Split(WhitespaceSplit.WhiteSpace, SplitBehavior.Removed);
        pieces.Split(s_punctuation, SplitBehavior.Isolated);
    }

    public override void Write(Utf8JsonWriter json) => json.WriteType("BertPreTokenizer");
}
