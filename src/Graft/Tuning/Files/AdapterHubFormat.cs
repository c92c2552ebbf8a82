using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Torch;

namespace Graft.Tuning.Files;

/// <summary>
/// AdapterHub's bottleneck adapters (its library's "double_seq_bn" is Houlsby's, "seq_bn" Pfeiffer's). Weights are called after the block
/// they are in, <c>….output.adapters.NAME.adapter_down.0.weight</c>; the head lies in a file of its own.
/// </summary>
internal sealed class AdapterHubFormat : AdapterFormat
{
    /// <summary>What the families call their norms.</summary>
    private static readonly string[] s_norms = ["norm", "norm1", "norm2", "_ln"];

    private const string Version = "adapters.1.3.0";

    public override string? Head(AdapterJson config)
    {
        if (config.Text("model_class") is not string name || name.EndsWith("AdapterModel", StringComparison.Ordinal)) return null;
        ModelFamily? family = ModelFamilies.All.FirstOrDefault(family => family.ModelType == config.Text("model_type"));
        return family is not null && family.Architectures.TryGetValue(name, out string? head) ? head : null;
    }

    public override string? BaseModel(AdapterJson config) => config.Text("model_name") is { Length: > 0 } name ? name : null;

    public override TuningStrategy Strategy(AdapterJson config, IReadOnlyList<StoredTensor> tensors)
    {
        AdapterJson options = config.Part("config");
        options.Refuse(
            "is_parallel",
            "phm_layer",
            "use_gating",
            "inv_adapter",
            "ln_before",
            "ln_after",
            "cross_adapter",
            "adapter_residual_before_ln",
            "leave_out"
        );
        if (options.Number("scaling", 1) != 1)
            throw options.Wrong("scaling", "1");
        if (options.Number("dropout", 0) != 0)
            throw options.Wrong("dropout", "0");
        if (!options.Flag("output_adapter") || !options.Flag("original_ln_after", true))
            throw options.Wrong(options.Flag("output_adapter") ? "original_ln_after" : "output_adapter", "true");
        return new BottleneckAdapter
        {
            AfterAttention = options.Flag("mh_adapter"),
            NormalizesInput = options.Flag("original_ln_before"),
            AddsToOutput = options.Flag("residual_before_ln", true),
            Activation = Activations.Parse(options.Text("non_linearity") ?? throw options.Wrong("non_linearity", "a name")),
            ReductionFactor = options.Number("reduction_factor", 16),
            TrainsNorms = tensors.Any(tensor =>
                s_norms.Any(norm => tensor.Name.EndsWith(norm + ".weight", StringComparison.OrdinalIgnoreCase))
            ),
            AdapterName = config.Text("name") ?? "task",
        };
    }

    public override IEnumerable<string> ModelNames(string key) => [key];

    public override string Key(TuningStrategy strategy, string parameter) => parameter;

    public override JsonObject Config(AdapterTarget target)
    {
        BottleneckAdapter adapter = (BottleneckAdapter)target.Adapter.Strategy;
        JsonObject config = Identity(target);
        config["name"] = adapter.AdapterName;
        config["config"] = new JsonObject
        {
            ["adapter_residual_before_ln"] = false,
            ["cross_adapter"] = false,
            ["dropout"] = 0.0,
            ["init_weights"] = "bert",
            ["inv_adapter"] = null,
            ["inv_adapter_reduction_factor"] = null,
            ["is_parallel"] = false,
            ["leave_out"] = new JsonArray(),
            ["ln_after"] = false,
            ["ln_before"] = false,
            ["mh_adapter"] = adapter.AfterAttention,
            ["non_linearity"] = Activations.NameOf(adapter.Activation),
            ["original_ln_after"] = true,
            ["original_ln_before"] = adapter.NormalizesInput,
            ["output_adapter"] = true,
            ["phm_layer"] = false,
            ["reduction_factor"] = adapter.ReductionFactor,
            ["residual_before_ln"] = adapter.AddsToOutput,
            ["scaling"] = 1.0,
            ["use_gating"] = false,
        };
        return config;
    }

    /// <summary>The <c>head_config.json</c> of a head that is its class's own.</summary>
    public static JsonObject HeadConfig(AdapterTarget target)
    {
        JsonObject config = Identity(target);
        config["name"] = null;
        config["config"] = null;
        config["num_labels"] = target.Backbone.Config.Labels.Count;
        config["label2id"] = new JsonObject(target.Backbone.Config.Labels.Select((label, i) => KeyValuePair.Create(label, (JsonNode?)i)));
        return config;
    }

    private static JsonObject Identity(AdapterTarget target) => new()
    {
        ["hidden_size"] = target.Backbone.HiddenSize,
        ["model_class"] = ModelHeads.ArchitectureOf(target.Backbone.Config, target.Kind),
        ["model_name"] = target.Base.Id,
        ["model_type"] = target.Backbone.Config.ModelType,
        ["version"] = Version,
    };
}
