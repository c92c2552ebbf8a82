using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Torch;

namespace Graft.Backbones;

/// <summary>
/// A model's published <c>config.json</c>: every key it holds is kept, keys it lacks have the family's defaults, and each family gives
/// the keys it uses a type. Immutable: changes make a new configuration.
/// </summary>
public abstract class ModelConfig
{
    private readonly JsonObject _json;

    /// <param name="json">The file's keys.</param>
    /// <param name="defaults">The family's keys, as JSON text.</param>
    private protected ModelConfig(JsonObject json, string defaults)
    {
        _json = JsonNode.Parse(defaults)!.AsObject();
        foreach ((string key, JsonNode? value) in json) _json[key] = value?.DeepClone();
    }

    /// <summary>The family's name: "bert", "roberta" …</summary>
    public string ModelType => Text("model_type");

    /// <summary>The name of the class that wrote the checkpoint, such as BertForMaskedLM; null where the file does not say.</summary>
    public string? Architecture => _json["architectures"] is JsonArray { Count: > 0 } names ? names[0]?.GetValue<string>() : null;

    /// <summary>D, the width of hidden states.</summary>
    public virtual int HiddenSize => Positive("hidden_size");

    /// <summary>The number of layers (of an encoder-decoder: of the encoder).</summary>
    public virtual int LayerCount => Positive("num_hidden_layers");

    /// <summary>H.</summary>
    public virtual int HeadCount => Positive("num_attention_heads");

    /// <summary>The most tokens a text may have; null where positions have no table.</summary>
    public virtual int? PositionLimit => null;

    /// <summary>Rows of the word table.</summary>
    public int VocabularySize => Positive("vocab_size");

    /// <summary>The id of padding; null where there is none.</summary>
    public int? PadTokenId => OptionalInt("pad_token_id");

    /// <summary>What a decoder's ids begin with; null where there is no decoder.</summary>
    public int? DecoderStartTokenId => OptionalInt("decoder_start_token_id");

    /// <summary>Standard deviation of the first draws.</summary>
    public virtual double InitializerRange => Number("initializer_range");

    /// <summary>First draws beyond this many deviations are drawn again; 0 for none.</summary>
    public virtual double InitializerCutoff => 0;

    /// <summary>The names of the labels, in the order of the classifier's rows.</summary>
    public IReadOnlyList<string> Labels
    {
        get
        {
            if (_json["id2label"] is not JsonObject names) return [.. Enumerable.Range(0, OptionalInt("num_labels") ?? 2).Select(DefaultLabel)];
            return [.. Enumerable.Range(0, names.Count).Select(i => (string?)names[i.ToString(CultureInfo.InvariantCulture)] ?? throw Wrong("id2label", names, "a name for every number from 0 on"))];
        }
    }

    /// <summary>"single_label_classification", "multi_label_classification" or "regression"; null where the file does not say.</summary>
    public string? ProblemType => _json["problem_type"] is JsonValue value ? (string?)value : null;

    /// <summary>
    /// True where the checkpoint has the keys of the code that the family was first published with, and not those of transformers: the model is
    /// then built, trained and saved under these. A fact about the file, no key of config.json.
    /// </summary>
    public bool HasPublishedKeys { get; private set; }

    /// <summary>The keys of the dropout rates that a training run may change together.</summary>
    internal abstract IReadOnlyList<string> DropoutKeys { get; }

    /// <summary>The whole file as JSON: keys sorted, two spaces of indentation.</summary>
    public string ToJson()
    {
        JsonObject sorted = [];
        foreach ((string key, JsonNode? value) in _json.OrderBy(pair => pair.Key, StringComparer.Ordinal)) sorted[key] = value?.DeepClone();
        return sorted.ToJsonString(new JsonSerializerOptions { WriteIndented = true }).ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>The same with one key changed.</summary>
    /// <param name="key">As published, such as "num_hidden_layers".</param>
    /// <param name="value">Null writes JSON's null.</param>
    public ModelConfig With(string key, JsonNode? value)
    {
        JsonObject json = _json.DeepClone().AsObject();
        json[key] = value is null ? null : JsonNode.Parse(value.ToJsonString()); // as if it had been read from a file
        return Copy(json);
    }

    /// <summary>The same for other labels.</summary>
    public ModelConfig WithLabels(IReadOnlyList<string> labels)
    {
        JsonObject json = _json.DeepClone().AsObject();
        json.Remove("num_labels");
        json.Remove("id2label");
        json.Remove("label2id");
        if (!labels.SequenceEqual([DefaultLabel(0), DefaultLabel(1)], StringComparer.Ordinal))
        {
            JsonObject names = [], numbers = [];
            for (int i = 0; i < labels.Count; i++)
            {
                names[i.ToString(CultureInfo.InvariantCulture)] = labels[i];
                numbers[labels[i]] = i;
            }

            (json["id2label"], json["label2id"]) = (names, numbers);
        }

        return Copy(json);
    }

    /// <summary>The same with all dropout rates of layers and head set.</summary>
    public ModelConfig WithDropout(double rate) => DropoutKeys.Aggregate(this, (config, key) => config.With(key, rate));

    /// <summary>The same for a checkpoint with the other set of keys.</summary>
    public ModelConfig WithPublishedKeys(bool published = true)
    {
        ModelConfig copy = Copy(_json.DeepClone().AsObject());
        copy.HasPublishedKeys = published;
        return copy;
    }

    /// <summary>The same without a key.</summary>
    internal ModelConfig Without(string key)
    {
        JsonObject json = _json.DeepClone().AsObject();
        json.Remove(key);
        return Copy(json);
    }

    /// <summary>False where the size of a head is a key of its own.</summary>
    private protected virtual bool HeadsShareWidth => true;

    /// <summary>A configuration of the same family.</summary>
    private protected abstract ModelConfig Create(JsonObject json);

    /// <summary>Refuses values that no model can have.</summary>
    /// <exception cref="InputException">Names the key, what was found and what is allowed.</exception>
    public virtual void Validate()
    {
        _ = (VocabularySize, LayerCount, PadTokenId, InitializerRange, Labels);
        if (HeadsShareWidth && HiddenSize % HeadCount != 0)
            throw new InputException($"config.json: {HiddenSize} hidden values cannot be shared by {HeadCount} attention heads: the first must be a multiple of the second");
    }

    internal bool Has(string key) => _json[key] is not null;

    internal JsonNode? Node(string key) => _json[key];

    internal int Positive(string key) => Int(key) is > 0 and int value ? value : throw Wrong(key, _json[key], "a whole number of at least 1");

    internal int Int(string key) => OptionalInt(key) ?? throw Wrong(key, null, "a whole number");

    internal int? OptionalInt(string key)
    {
        if (_json[key] is not JsonNode node) return null;
        return node is JsonValue value && value.TryGetValue(out double number) && number == Math.Floor(number) && Math.Abs(number) < int.MaxValue
            ? (int)number
            : throw Wrong(key, node, "a whole number");
    }

    internal double Number(string key) => OptionalNumber(key) ?? throw Wrong(key, null, "a number");

    internal double? OptionalNumber(string key)
    {
        if (_json[key] is not JsonNode node) return null;
        return node is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number) ? number : throw Wrong(key, node, "a number");
    }

    internal double Rate(string key) => Number(key) is >= 0 and < 1 and double rate ? rate : throw Wrong(key, _json[key], "a number in [0, 1)");

    internal bool Flag(string key) => _json[key] is JsonValue value && value.TryGetValue(out bool flag) ? flag : throw Wrong(key, _json[key], "true or false");

    internal string Text(string key) => _json[key] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(key, _json[key], "a text");

    internal Activation ActivationOf(string key)
    {
        try
        {
            return Activations.Parse(Text(key));
        }
        catch (InputException e) when (!e.Message.StartsWith("config.json", StringComparison.Ordinal))
        {
            throw new InputException($"config.json: {key}: {e.Message}", e);
        }
    }

    internal static InputException Wrong(string key, JsonNode? found, string allowed) =>
        new($"config.json: \"{key}\" is {found?.ToJsonString() ?? "missing"}: {allowed} is expected");

    private ModelConfig Copy(JsonObject json)
    {
        ModelConfig copy = Create(json);
        copy.HasPublishedKeys = HasPublishedKeys;
        return copy;
    }

    private static string DefaultLabel(int index) => string.Create(CultureInfo.InvariantCulture, $"LABEL_{index}");
}
