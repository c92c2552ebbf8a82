using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones.T5;

/// <summary>
/// T5's config.json. Version 1.0 shares the output matrix with the word table and scales states before it; 1.1 does neither. Files of
/// version 5 of transformers say so with scale_decoder_outputs, published ones with tie_word_embeddings.
/// </summary>
internal class T5Config : ModelConfig
{
    private const string Defaults = """
        {
          "classifier_dropout": 0.0, "d_ff": 2048, "d_kv": 64, "d_model": 512, "decoder_start_token_id": 0, "dropout_rate": 0.1,
          "dtype": "float32", "eos_token_id": 1, "feed_forward_proj": "relu", "initializer_factor": 1.0, "is_decoder": false,
          "is_encoder_decoder": true, "layer_norm_epsilon": 1e-06, "model_type": "t5", "num_heads": 8, "num_layers": 6, "pad_token_id": 0,
          "relative_attention_max_distance": 128, "relative_attention_num_buckets": 32, "tie_word_embeddings": true, "use_cache": true,
          "vocab_size": 32128
        }
        """;

    public T5Config(JsonObject json)
        : base(WithActivation(json, "relu", 6), Defaults)
    {
    }

    /// <param name="json">The file's keys.</param>
    /// <param name="defaults">Another family's, as JSON text.</param>
    /// <param name="projection">The feed_forward_proj.</param>
    /// <param name="layers">The num_layers.</param>
    private protected T5Config(JsonObject json, string defaults, string projection, int layers)
        : base(WithActivation(json, projection, layers), defaults)
    {
    }

    public override int HiddenSize => Positive("d_model");

    public override int LayerCount => Positive("num_layers");

    public override int HeadCount => Positive("num_heads");

    public int DecoderLayerCount => OptionalInt("num_decoder_layers") ?? LayerCount;

    /// <summary>N: heads times N need not be the width of the states.</summary>
    public int HeadSize => Positive("d_kv");

    public int IntermediateSize => Positive("d_ff");

    public int Buckets => Positive("relative_attention_num_buckets");

    public int MaxDistance => Positive("relative_attention_max_distance");

    public double LayerNormEps => Number("layer_norm_epsilon");

    public double Dropout => Rate("dropout_rate");

    public double ClassifierDropout => Rate("classifier_dropout");

    public double InitializerFactor => Number("initializer_factor");

    public override double InitializerRange => InitializerFactor * Math.Pow(HiddenSize, -0.5);

    /// <summary>Two matrices, one through the activation, multiplied.</summary>
    public bool IsGated => Text("feed_forward_proj").StartsWith("gated-", StringComparison.Ordinal);

    public Activation Activation => ActivationOf("dense_act_fn");

    /// <summary>The output matrix is the word table.</summary>
    public bool IsTied => Flag("tie_word_embeddings");

    /// <summary>States are multiplied by D^−½ before the output matrix.</summary>
    public virtual bool ScalesOutputs => Node("scale_decoder_outputs") is null ? IsTied : Flag("scale_decoder_outputs");

    public override IReadOnlyList<string> DropoutKeys => ["dropout_rate", "classifier_dropout"];

    protected override bool HeadsShareWidth => false;

    public override void Validate()
    {
        base.Validate();
        _ = (
            DecoderLayerCount,
            HeadSize,
            IntermediateSize,
            MaxDistance,
            LayerNormEps,
            Dropout,
            ClassifierDropout,
            InitializerFactor,
            IsGated,
            Activation,
            IsTied,
            ScalesOutputs
        );
        if (Buckets < 4)
            throw Wrong("relative_attention_num_buckets", Node("relative_attention_num_buckets"), "at least 4");
    }

    /// <summary>
    /// Version 5 of transformers writes tie_word_embeddings for 1.1 as well; there a matrix of its own in the file wins. Files of 1.0 hold
    /// the shared table under every name it is used by.
    /// </summary>
    public virtual ModelConfig Refine(IReadOnlySet<string> keys)
    {
        bool own = keys.Contains("lm_head.weight") && (!IsTied || !ScalesOutputs);
        return own && IsTied ? With("tie_word_embeddings", false) : this;
    }

    protected override ModelConfig Create(JsonObject json) => new T5Config(json);

    /// <summary>feed_forward_proj says all ("relu", "gated-gelu"); files of version 5 also have what follows from it.</summary>
    private static JsonObject WithActivation(JsonObject json, string usual, int layers)
    {
        JsonObject complete = json.DeepClone().AsObject();
        string projection = json["feed_forward_proj"] is JsonValue value && value.TryGetValue(out string? text) ? text : usual;
        bool gated = projection.StartsWith("gated-", StringComparison.Ordinal);
        string activation = gated ? projection["gated-".Length..] : projection;
        complete["dense_act_fn"] ??= gated && activation == "gelu" ? "gelu_new" : activation;
        complete["is_gated_act"] ??= gated;
        complete["num_decoder_layers"] ??= json["num_layers"]?.DeepClone() ?? layers;
        return complete;
    }
}
