using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>
/// Drops white space and sets every punctuation character apart: <c>don't stop</c> → <c>don</c> <c>'</c> <c>t</c> <c>stop</c>.
/// </summary>
internal sealed class BertPreTokenizer : PreTokenizer
{
    public override void Apply(PieceList pieces)
    {
        pieces.Split(WhitespaceSplit.WhiteSpace, SplitBehavior.Removed);
        pieces.Split(Punctuation.Characters, SplitBehavior.Isolated);
    }

    public override void Write(Utf8JsonWriter json) => json.WriteType("BertPreTokenizer");
}
