using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;

namespace Graft.Tuning.Files;

/// <summary>A classifier on features of a frozen base: Graft's own, as no other library has a format for it.</summary>
internal sealed class FeatureFormat : AdapterFormat
{
    public const string TypeKey = "graft_type", Type = "FEATURES";

    public override string? Head(AdapterJson config) => HeadKinds.SequenceClassification;

    public override string? BaseModel(AdapterJson config) => config.Text("base_model_name_or_path");

    public override TuningStrategy Strategy(AdapterJson config, IReadOnlyList<StoredTensor> tensors) =>
        new HeadTuning { Features = Features(config) };

    public override JsonObject Config(AdapterTarget target) => Config(((HeadTuning)target.Adapter.Strategy).Features!, target.Base);

    /// <summary>The configuration of a classifier on features.</summary>
    public static JsonObject Config(FeatureOptions features, AdapterBase basis) => new()
    {
        [TypeKey] = Type,
        ["base_model_name_or_path"] = basis.Id,
        ["layers"] = new JsonArray([.. features.Layers.Select(layer => (JsonNode)layer)]),
        ["pooling"] = features.Pooling.ToString().ToLowerInvariant(),
    };

    public override IEnumerable<string> ModelNames(string key) => [key];

    public override string Key(TuningStrategy strategy, string parameter) => parameter;

    /// <summary>What a configuration says of its features.</summary>
    public static FeatureOptions Features(AdapterJson config) =>
        new()
        {
            Layers = config.Numbers("layers"),
            Pooling = Enum.TryParse(config.Text("pooling"), ignoreCase: true, out EmbeddingPooling pooling)
                ? pooling
                : throw config.Wrong("pooling", "mean, first, last, max, meansqrtlength or weightedmean"),
        };
}
