using Graft.Backbones.Bert;

namespace Graft.Backbones.Roberta;

/// <summary>
/// RoBERTa (Liu et al. 2019, §3) and XLM-RoBERTa (Conneau et al. 2020): BERT's encoder, trained longer on more text, without next-sentence
/// prediction and with a byte-level (XLM: SentencePiece) vocabulary. What differs in the encoder: positions count the tokens that are not
/// padding, from pad id + 1 (<see cref="RobertaConfig.PositionsFromPadding"/>).
/// </summary>
internal sealed class Roberta(RobertaConfig config, bool pooler) : BertEncoder(config, pooler);
