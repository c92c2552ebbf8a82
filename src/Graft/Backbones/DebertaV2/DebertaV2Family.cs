using System.Text.Json.Nodes;
using Graft.Backbones.Deberta;

namespace Graft.Backbones.DebertaV2;

/// <summary>DeBERTa-v2's and v3's names; the heads are DeBERTa's.</summary>
internal sealed class DebertaV2Family : DebertaFamily
{
    public override string ModelType => "deberta-v2";

    public override string ClassPrefix => "DebertaV2";

    public override ModelConfig ReadConfig(JsonObject json) => new DebertaV2Config(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new DebertaV2((DebertaV2Config)config);
}
