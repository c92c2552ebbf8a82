using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace CustomBackbone;

/// <summary>The keys of config.json that this family reads, typed; what the file lacks is taken from the defaults.</summary>
internal sealed class PrimerConfig(JsonObject json) : ModelConfig(json, Defaults)
{
    private const string Defaults = """
        {
          "hidden_dropout_prob": 0.1, "hidden_size": 64, "initializer_range": 0.1, "intermediate_size": 128, "model_type": "primer",
          "num_attention_heads": 4, "num_hidden_layers": 2, "pad_token_id": 0, "rms_norm_eps": 1e-06, "vocab_size": 8192
        }
        """;

    public int IntermediateSize => Positive("intermediate_size");
    public double Dropout => Rate("hidden_dropout_prob");
    public double NormEps => Number("rms_norm_eps");
    public override IReadOnlyList<string> DropoutKeys => ["hidden_dropout_prob"];

    public override void Validate()
    {
        base.Validate();
        _ = (IntermediateSize, Dropout, NormEps);
    }

    protected override ModelConfig Create(JsonObject json) => new PrimerConfig(json);
}

/// <summary>An encoder after Primer (So et al. 2021): rotary positions, norms before each half, a squared ReLU.</summary>
internal sealed class Primer : Backbone
{
    private readonly PrimerConfig _config;
    private readonly PrimerLayer[] _layers;
    private readonly Norm _norm;

    public Primer(PrimerConfig config) : base(config)
    {
        _config = config;
        (int words, int width) = (config.VocabularySize, config.HiddenSize);
        Words = Add("embeddings", new EmbeddingTable("token id", words, width, config.InitializerRange, config.PadTokenId));
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(i => Add($"layers.{i}", new PrimerLayer(config, i)))];
        _norm = Add("norm", new Norm(width, config.NormEps, rootMeanSquare: true));
    }

    public override EmbeddingTable Words { get; }
    public override IReadOnlyList<TransformerBlock> Blocks => _layers;

    public override BackboneOutput Forward(EncoderInput input)
    {
        input = Prompt.Apply(input, Words); // where prompt tuning has put vectors before the text
        LayerContext context = new(input, LayerContext.LayoutOf(input));
        Rotary rotary = new(PositionIds.FromStart(input, PrefixLength), _config.HiddenSize / _config.HeadCount, theta: 10_000);
        Tensor states = input.InputsEmbeds ?? Words.Forward(input.InputIds); // [B, T, D], or packed [tokens, D]
        foreach (PrimerLayer layer in _layers) states = context.Run([states], x => layer.Forward(x[0]!, context, rotary));
        return new BackboneOutput { LastHiddenState = _norm.Forward(states) };
    }
}

/// <summary>x += Drop(W·Attention(RMS(x))); x += Drop(W₂·relu(W₁·RMS(x))²). Its slots are where adapters, LoRA and prefixes go.</summary>
internal sealed class PrimerLayer : TransformerBlock
{
    private readonly Norm _first, _second;
    private readonly Projection _query, _key, _value, _output, _up, _down;

    public PrimerLayer(PrimerConfig config, int index)
    {
        (int width, int size, int site) = (config.HiddenSize, config.HiddenSize / config.HeadCount, DropoutSites.Layer(index));
        Init init = Init.Normal(config.InitializerRange);
        _first = Add("first_norm", new Norm(width, config.NormEps, rootMeanSquare: true));
        _query = Add("attention.query", new Projection(width, width, init));
        _key = Add("attention.key", new Projection(width, width, init));
        _value = Add("attention.value", new Projection(width, width, init));
        _output = Add("attention.output.dense", new Projection(width, width, init));
        _second = Add("second_norm", new Norm(width, config.NormEps, rootMeanSquare: true));
        _up = Add("up", new Projection(width, config.IntermediateSize, init));
        _down = Add("output.dense", new Projection(config.IntermediateSize, width, init));
        SelfAttention = new AttentionCore(config.HeadCount, size, 1 / Math.Sqrt(size), config.Dropout, site);
        AttentionOutput = new AddNorm(null, config.Dropout, site + 1);
        FeedForwardOutput = new AddNorm(null, config.Dropout, site + 2);
    }

    public override AttentionCore SelfAttention { get; }
    public override AddNorm AttentionOutput { get; }
    public override AddNorm FeedForwardOutput { get; }

    public Tensor Forward(Tensor x, LayerContext context, Rotary rotary)
    {
        Tensor normed = _first.Forward(x);
        Tensor query = rotary.Apply(SelfAttention.SplitHeads(_query.Forward(normed, context))),
            key = rotary.Apply(SelfAttention.SplitHeads(_key.Forward(normed, context))),
            value = SelfAttention.SplitHeads(_value.Forward(normed, context));
        Tensor attended = SelfAttention.Attend(query, key, value, context, context.Layout);
        x = AttentionOutput.Forward(_output.Forward(attended, context), x, context);
        return FeedForwardOutput.Forward(_down.Forward(_up.Forward(_second.Forward(x), context).relu().square(), context), x, context);
    }
}

/// <summary>What Graft asks of a family: its names, its backbone, and what its heads are made of.</summary>
internal sealed class PrimerFamily : ModelFamily
{
    public override string ModelType => "primer";
    public override string ClassPrefix => "Primer";
    public override string Prefix => "primer.";
    public override ModelConfig ReadConfig(JsonObject json) => new PrimerConfig(json);
    public override Backbone CreateBackbone(ModelConfig config, string head) => new Primer((PrimerConfig)config);

    public override HeadRecipe? Recipe(string head, ModelConfig config) => head switch
    {
        HeadKinds.SequenceClassification => new ClassifierRecipe("classifier", HeadPooling.Mean, ((PrimerConfig)config).Dropout),
        HeadKinds.TokenClassification => new ClassifierRecipe("classifier", HeadPooling.None, 0),
        _ => null,
    };
}
