using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;

namespace Graft.Pretrained;

/// <summary>
/// Backbone and head as one module whose parameters have the checkpoint's names: the backbone's below its prefix, the head's beside it.
/// </summary>
internal sealed class Network : Layer
{
    private Network(Backbone backbone, Head? head, string prefix)
    {
        (Backbone, Head, Prefix) = (backbone, head, prefix);
        if (prefix.Length > 0) Add(prefix[..^1], backbone);
        else Adopt(backbone);
        if (head is null) return;
        foreach ((_, Projection projection) in head.Find<Projection>())
            projection.StaysFp32 = true; // small, and its rounding would go straight into the answer
        Adopt(head);
    }

    public Backbone Backbone { get; }

    public Head? Head { get; }

    /// <summary>What the backbone's names begin with here: "bert." below a head, empty without one.</summary>
    public string Prefix { get; }

    /// <summary>Builds the modules; the parameters' values are undefined.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="kind">The head.</param>
    /// <param name="sentences">How an embedding head pools; null for the mean.</param>
    /// <param name="features">What a classifier on frozen features sees; null for the class's own head.</param>
    /// <param name="classifiesVectors">A classifier stands on the vectors of an embedding model.</param>
    public static Network Build(
        ModelConfig config,
        string kind,
        SentenceTransformersLayout? sentences = null,
        FeatureOptions? features = null,
        bool classifiesVectors = false
    )
    {
        ModelFamily family = ModelFamilies.Of(config.ModelType, "config.json");
        if (classifiesVectors)
        {
            EmbeddingHead vectors = new(sentences?.Poolings ?? [EmbeddingPooling.Mean], sentences?.Steps ?? []);
            return new Network(
                family.CreateBackbone(config, HeadKinds.Embedding),
                new VectorClassifierHead(vectors, config),
                family.PrefixUnder(HeadKinds.Embedding)
            );
        }

        // What looks at features sees token states, as a token classifier does.
        string known = ModelHeads.KnownAs(kind);
        Backbone backbone = family.CreateBackbone(config, features is null ? known : HeadKinds.TokenClassification);
        HeadContext context = new(kind, config, backbone);
        if (sentences is not null) context = context with { Poolings = sentences.Poolings, Steps = sentences.Steps };
        Head? head = features is not null ? new FeatureHead(features, config) : ModelHeads.Create(context);
        return new Network(backbone, head, family.PrefixUnder(known));
    }

    /// <summary>A head of an adapter's own on a backbone that others use too; released piece by piece, never as a whole.</summary>
    public static Network Around(Backbone backbone, Head head, ModelConfig config, string kind) =>
        new(backbone, head, ModelFamilies.Of(config.ModelType, "config.json").PrefixUnder(ModelHeads.KnownAs(kind)));

    /// <summary>Releases parameters and modules.</summary>
    public void Release()
    {
        foreach (DeclaredParameter parameter in Declared().ToList()) parameter.Value.Dispose();
        Dispose();
    }

    /// <summary>Another layer's parts, under their own names.</summary>
    private void Adopt(Layer layer)
    {
        foreach ((string name, TorchSharp.torch.nn.Module part) in layer.named_children()) register_module(name, part);
    }
}
