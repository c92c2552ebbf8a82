using Graft.Backbones.Bert;

namespace Graft.Backbones.DistilBert;

/// <summary>
/// DistilBERT (Sanh et al. 2019, §3): every second layer of BERT, trained to imitate it. What differs from BERT's encoder: no segments, no
/// pooler, names of its own, and nothing is dropped between the attention and its norm.
/// </summary>
internal sealed class DistilBert : BertEncoder
{
    private static readonly BertLayerNames s_names = new(
        "q_lin",
        "k_lin",
        "v_lin",
        "out_lin",
        "sa_layer_norm",
        "ffn.lin1",
        "ffn.lin2",
        "output_layer_norm"
    );

    public DistilBert(DistilBertConfig config)
        : base(config)
    {
        Layers = AddLayers("transformer.layer", s_names);
    }
}
