using System.Text.Json.Nodes;
using Graft.Backbones.Bert;

namespace Graft.Backbones.Ernie;

/// <summary>ERNIE's names; its heads are BERT's.</summary>
internal sealed class ErnieFamily : BertFamily
{
    public override string ModelType => "ernie";

    public override string ClassPrefix => "Ernie";

    public override string Prefix => "ernie.";

    public override ModelConfig ReadConfig(JsonObject json) => new ErnieConfig(json);

    public override Backbone CreateBackbone(ModelConfig config, string head) => new Ernie((ErnieConfig)config, HasPooler(head));

    /// <summary>SpanBERT's head is BERT's alone.</summary>
    public override HeadRecipe? Recipe(string head, ModelConfig config) =>
        head == HeadKinds.SpanBoundary ? null : base.Recipe(head, config);
}
