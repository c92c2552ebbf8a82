namespace Graft.Backbones.Deberta;

/// <summary>
/// DeBERTa (He et al. 2021, §3): BERT's encoder whose attention keeps content and exact distances apart; see
/// <see cref="DebertaAttention"/>.
/// </summary>
internal sealed class Deberta(DebertaConfig config) : DisentangledEncoder(config, i => new DebertaAttention(config, i));
