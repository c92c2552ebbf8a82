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
    private readonly JsonObject _json, _defaults;

    /// <summary>The keys of a file over a family's defaults.</summary>
    /// <param name="json">The file's keys.</param>
    /// <param name="defaults">The family's keys, as JSON text.</param>
    protected ModelConfig(JsonObject json, string defaults)
    {
        _json = JsonNode.Parse(defaults)!.AsObject();
        _defaults = _json.DeepClone().AsObject();
        foreach ((string key, JsonNode? value) in json) _json[key] = value?.DeepClone();
    }

    /// <summary>The family's name: "bert", "roberta" …</summary>
    public string ModelType => Text("model_type");

    /// <summary>The name of the class that wrote the checkpoint, such as BertForMaskedLM; null where the file does not say.</summary>
    public string? Architecture => _json["architectures"] is JsonArray { Count: > 0 } names ? ModelJson.Text(names[0]) : null;

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

    /// <summary>First draws beyond this many standard deviations are drawn again; 0 for none.</summary>
    public virtual double InitializerCutoff => 0;

    /// <summary>The tokens that end a text; empty where the file names none.</summary>
    public IReadOnlyList<int> EndTokenIds =>
        _json["eos_token_id"] switch
        {
            null => [],
            JsonArray several =>
            [
                .. several.Select(node =>
                    node is JsonValue value && value.TryGetValue(out int id)
                        ? id
                        : throw Wrong("eos_token_id", several, "a token id or a list of them")
                ),
            ],
            _ => [Int("eos_token_id")],
        };

    /// <summary>
    /// The names of the labels, in the order of the classifier's rows: id2label as an object or a list, else label2id, else LABEL_0 ….
    /// Where num_labels says another number than id2label, the number counts and the names do not, as in the reference.
    /// </summary>
    public IReadOnlyList<string> Labels
    {
        get
        {
            IReadOnlyList<string>? named = NamedLabels;
            int? stated = _json["num_labels"] is null ? null : Positive("num_labels");
            if (named is not null && (stated is null || named.Count == stated)) return named;
            if (stated is null && _json["label2id"] is JsonObject { Count: > 0 } numbers) return Inverted(numbers);
            return [.. Enumerable.Range(0, stated ?? OptionalInt("_num_labels") ?? 2).Select(DefaultLabel)];
        }
    }

    /// <summary>Lines about values that contradict each other, and which of them counts; empty for none.</summary>
    internal IEnumerable<string> Contradictions =>
        NamedLabels is { } names && OptionalInt("num_labels") is int stated && stated != names.Count
            ? [string.Create(
                CultureInfo.InvariantCulture,
                $"config.json: \"num_labels\" is {stated} and \"id2label\" has {names.Count} names: the labels are LABEL_0 … "
                    + $"LABEL_{stated - 1}; make them agree to have names"
            )]
            : [];

    /// <summary>The labels that id2label names; null where it names none.</summary>
    private IReadOnlyList<string>? NamedLabels => _json["id2label"] switch
    {
        JsonObject { Count: > 0 } names => Ordered(names),
        JsonArray { Count: > 0 } names => [.. names.Select((name, i) => NameOf(name, i))],
        null or JsonObject or JsonArray => null,
        JsonNode other => throw Wrong("id2label", other, "an object or a list of names"),
    };

    /// <summary>
    /// What a cross-encoder's score goes through, by the name of its class: Sigmoid, Identity …; None where the file does not say.
    /// </summary>
    public OutputActivation OutputActivation
    {
        get
        {
            JsonNode? named = (_json["sentence_transformers"] as JsonObject)?["activation_fn"]
                ?? _json["sbert_ce_default_activation_function"];
            string name = ModelJson.Text(named) ?? "Identity";
            return name[(name.LastIndexOf('.') + 1)..] switch
            {
                "Identity" => OutputActivation.None,
                "Sigmoid" => OutputActivation.Sigmoid,
                "Tanh" => OutputActivation.Tanh,
                "ReLU" => OutputActivation.Relu,
                _ => throw Wrong("sentence_transformers.activation_fn", named, "Identity, Sigmoid, Tanh or ReLU"),
            };
        }
    }

    /// <summary>Keys of the file that Graft does not know: whatever they ask for is not there.</summary>
    public IReadOnlyList<string> UnknownKeys => [.. ConfigKeys.Unknown(_json, _defaults, ModelFamilies.Of(ModelType, "config.json"))];

    /// <summary>"single_label_classification", "multi_label_classification" or "regression"; null where the file does not say.</summary>
    public string? ProblemType => ModelJson.Text(_json["problem_type"]);

    /// <summary>
    /// True where the checkpoint has the keys of the code that the family was first published with, and not those of transformers: the
    /// model is then built, trained and saved under these. A fact about the file, no key of config.json.
    /// </summary>
    public bool HasPublishedKeys { get; private set; }

    /// <summary>The keys of the dropout rates that a training run may change together.</summary>
    public abstract IReadOnlyList<string> DropoutKeys { get; }

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
    protected virtual bool HeadsShareWidth => true;

    /// <summary>A configuration of the same family.</summary>
    protected abstract ModelConfig Create(JsonObject json);

    /// <summary>Refuses values that no model can have.</summary>
    /// <exception cref="InputException">Names the key, what was found and what is allowed.</exception>
    public virtual void Validate()
    {
        _ = (VocabularySize, LayerCount, PadTokenId, EndTokenIds, InitializerRange, Labels);
        if (HeadsShareWidth && HiddenSize % HeadCount != 0)
            throw new InputException(
                $"config.json: {HiddenSize} hidden values cannot be shared by {HeadCount} attention heads: the first must be a "
                    + $"multiple of the second"
            );
    }

    /// <summary>True where the key has a value other than null.</summary>
    public bool Has(string key) => _json[key] is not null;

    /// <summary>The value of a key; null where there is none.</summary>
    public JsonNode? Node(string key) => _json[key];

    /// <summary>A whole number of at least 1.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public int Positive(string key) => Int(key) is > 0 and int value ? value : throw Wrong(key, _json[key], "a whole number of at least 1");

    /// <summary>A whole number.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public int Int(string key) => OptionalInt(key) ?? throw Wrong(key, null, "a whole number");

    /// <summary>A whole number, or null where the key is missing or null.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public int? OptionalInt(string key)
    {
        if (_json[key] is not JsonNode node)
            return null;
        return
            node is JsonValue value
            && value.TryGetValue(out double number)
            && number == Math.Floor(number)
            && Math.Abs(number) < int.MaxValue
            ? (int)number
            : throw Wrong(key, node, "a whole number");
    }

    /// <summary>A number.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public double Number(string key) => OptionalNumber(key) ?? throw Wrong(key, null, "a number");

    /// <summary>A number, or null where the key is missing or null.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public double? OptionalNumber(string key)
    {
        if (_json[key] is not JsonNode node)
            return null;
        return node is JsonValue value && value.TryGetValue(out double number) && double.IsFinite(number)
            ? number
            : throw Wrong(key, node, "a number");
    }

    /// <summary>A share in [0, 1).</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public double Rate(string key) =>
        Number(key) is >= 0 and < 1 and double rate ? rate : throw Wrong(key, _json[key], "a number in [0, 1)");

    /// <summary>True or false.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public bool Flag(string key) =>
        _json[key] is JsonValue value && value.TryGetValue(out bool flag) ? flag : throw Wrong(key, _json[key], "true or false");

    /// <summary>A text.</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public string Text(string key) =>
        _json[key] is JsonValue value && value.TryGetValue(out string? text) ? text : throw Wrong(key, _json[key], "a text");

    /// <summary>An activation by its published name, such as "gelu_new".</summary>
    /// <exception cref="InputException">The value is of another kind: names the key, what was found and what is allowed.</exception>
    public Activation ActivationOf(string key)
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

    /// <summary>The refusal of a value: one line with the key, what was found and what is allowed.</summary>
    /// <param name="key">The key.</param>
    /// <param name="found">The value.</param>
    /// <param name="allowed">What is expected, such as "a number in [0, 1)".</param>
    public static InputException Wrong(string key, JsonNode? found, string allowed) =>
        new($"config.json: \"{key}\" is {found?.ToJsonString() ?? "missing"}: {allowed} is expected");

    private static string[] Ordered(JsonObject names)
    {
        string?[] ordered = new string?[names.Count];
        foreach ((string key, JsonNode? name) in names)
        {
            if (!int.TryParse(key, CultureInfo.InvariantCulture, out int id) || id < 0 || id >= ordered.Length || ordered[id] is not null)
                throw Wrong("id2label", names, "a name for every number from 0 on");
            ordered[id] = NameOf(name, id);
        }

        return ordered!;
    }

    private static string[] Inverted(JsonObject numbers)
    {
        string?[] ordered = new string?[numbers.Count];
        foreach ((string name, JsonNode? number) in numbers)
        {
            if (
                number is not JsonValue value
                || !value.TryGetValue(out int id)
                || id < 0
                || id >= ordered.Length
                || ordered[id] is not null
            )
                throw Wrong("label2id", numbers, "every number from 0 on");
            ordered[id] = name;
        }

        return ordered!;
    }

    // Names may be numbers: {"0": 1, "1": 2}.
    private static string NameOf(JsonNode? name, int id) => name switch
    {
        null => DefaultLabel(id),
        JsonValue value => value.TryGetValue(out string? text) ? text : value.ToJsonString(),
        _ => throw Wrong("id2label", name, "a name"),
    };

    private ModelConfig Copy(JsonObject json)
    {
        ModelConfig copy = Create(json);
        copy.HasPublishedKeys = HasPublishedKeys;
        return copy;
    }

    private static string DefaultLabel(int index) => string.Create(CultureInfo.InvariantCulture, $"LABEL_{index}");
}
