using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Layers;

namespace Graft.Tuning.Files;

/// <summary>
/// PEFT's adapters: LoRA, IA3, prompt and prefix tuning. Weights are called after the modules they are on, below <c>base_model.model.</c>;
/// the vectors of virtual tokens are one tensor, <c>prompt_embeddings</c>. Which projections are adapted, and with what ranks, is read from
/// the weights: configurations may name them by lists, patterns or layers.
/// </summary>
internal sealed class PeftFormat : AdapterFormat
{
    private const string Prefix = "base_model.model.", PromptPrefix = "base_model.";
    private const string LoraA = ".lora_A.weight", Scale = ".ia3_l", BaseBias = ".base_layer.bias";

    private static readonly (string Task, string Head)[] s_tasks =
    [
        ("SEQ_CLS", HeadKinds.SequenceClassification),
        ("TOKEN_CLS", HeadKinds.TokenClassification),
        ("QUESTION_ANS", HeadKinds.QuestionAnswering),
        ("CAUSAL_LM", HeadKinds.CausalLm),
        ("SEQ_2_SEQ_LM", HeadKinds.SequenceToSequence),
        ("FEATURE_EXTRACTION", HeadKinds.None),
        ("FEATURE_EXTRACTION", HeadKinds.Embedding),
    ];

    public override string? Head(AdapterJson config)
    {
        if (config.Text("task_type") is not string task) return null;
        (string Task, string Head) known = Array.Find(s_tasks, entry => entry.Task == task);
        return known.Task is null
            ? throw config.Wrong("task_type", $"one of {string.Join(", ", s_tasks.Select(entry => entry.Task).Distinct())}")
            : known.Head;
    }

    public override string? BaseModel(AdapterJson config) => config.Text("base_model_name_or_path");

    public override TuningStrategy Strategy(AdapterJson config, IReadOnlyList<StoredTensor> tensors)
    {
        config.Refuse("layer_replication", "megatron_config", "trainable_token_indices", "target_parameters");
        return config.Text("peft_type") switch
        {
            "LORA" => ReadLora(config, tensors),
            "IA3" => ReadIa3(tensors),
            "PROMPT_TUNING" => new PromptTuning { VirtualTokens = ReadVirtualTokens(config, shared: true) },
            "PREFIX_TUNING" => new PrefixTuning { VirtualTokens = ReadVirtualTokens(config, shared: false) },
            _ => throw config.Wrong("peft_type", "LORA, IA3, PROMPT_TUNING or PREFIX_TUNING"),
        };
    }

    public override IEnumerable<string> ModelNames(string key)
    {
        if (key == VirtualVectors.Name) return [key + ".weight"];
        key = key.Replace(".modules_to_save.", ".", StringComparison.Ordinal); // as "bias: all" finds a classifier's bias
        if (key.StartsWith(Prefix, StringComparison.Ordinal)) return [key[Prefix.Length..], key[PromptPrefix.Length..]];
        return key.StartsWith(PromptPrefix, StringComparison.Ordinal) ? [key[PromptPrefix.Length..]] : [key];
    }

    public override string Key(TuningStrategy strategy, string parameter)
    {
        if (parameter == VirtualVectors.Name + ".weight") return VirtualVectors.Name;
        return (strategy is PromptTuning or PrefixTuning ? PromptPrefix : Prefix) + parameter;
    }

    public override JsonObject Config(AdapterTarget target)
    {
        // PEFT looks for the classifier in the file of an adapter for a classifying task.
        bool classifies = target.Kind is HeadKinds.SequenceClassification or HeadKinds.TokenClassification or HeadKinds.QuestionAnswering;
        bool hasHead = target.Adapter.Saved.Any(parameter => target.HeadParameters.Contains(parameter.Name));
        string? task = classifies && !hasHead ? null : Array.Find(s_tasks, entry => entry.Head == target.Kind).Task;
        bool keepsBiases = target.Adapter.Strategy is Lora { KeepsAllBiases: true };
        string[] besides =
        [
            .. target
                .Adapter.Saved.Where(parameter =>
                    !keepsBiases
                    || target.HeadParameters.Contains(parameter.Name)
                    || !parameter.Name.EndsWith(".bias", StringComparison.Ordinal)
                )
                .Select(parameter => SavedModule(parameter.Name, target.HeadParameters))
                .Distinct(StringComparer.Ordinal),
        ];
        JsonObject config = new()
        {
            ["base_model_name_or_path"] = target.Base.Id,
            ["inference_mode"] = true,
            ["modules_to_save"] = besides.Length == 0 ? null : Names(besides),
            ["peft_type"] = null,
            ["revision"] = null,
            ["task_type"] = task,
        };
        switch (target.Adapter.Strategy)
        {
            case Lora lora: WriteLora(lora, target, config); break;
            case Ia3 ia3: WriteIa3(ia3, target, config); break;
            case PromptTuning prompt: WriteVirtualTokens("PROMPT_TUNING", prompt.VirtualTokens, target, config); break;
            case PrefixTuning prefix: WriteVirtualTokens("PREFIX_TUNING", prefix.VirtualTokens, target, config); break;
            default: throw new InputException($"PEFT has no format for {target.Adapter.Strategy.Name}");
        }

        return config;
    }

    private static Lora ReadLora(AdapterJson config, IReadOnlyList<StoredTensor> tensors)
    {
        config.Refuse(
            "use_dora",
            "use_qalora",
            "use_bdlora",
            "alpha_pattern",
            "lora_bias",
            "alora_invocation_tokens",
            "arrow_config",
            "kasa_config",
            "velora_config",
            "monteclora_config"
        );
        string bias = config.Text("bias") ?? "none";
        if (bias is not ("none" or "lora_only" or "all"))
            throw config.Wrong("bias", "none, lora_only or all");
        Dictionary<string, int> ranks = Modules(tensors, LoraA)
            .ToDictionary(found => found.Name, found => checked((int)found.Tensor.Shape[0]), StringComparer.Ordinal);
        return new Lora
        {
            Rank = config.Count("r"),
            Alpha = config.Number("lora_alpha", 8),
            Dropout = config.Number("lora_dropout", 0),
            RankStabilized = config.Flag("use_rslora"),
            KeepsAllBiases = bias == "all",
            TrainsBiases = bias != "none" && tensors.Any(tensor => tensor.Name.EndsWith(BaseBias, StringComparison.Ordinal)),
            TargetModules = [.. ranks.Keys],
            RankOf = ranks,
        };
    }

    private static Ia3 ReadIa3(IReadOnlyList<StoredTensor> tensors)
    {
        (string Name, StoredTensor Tensor)[] modules = [.. Modules(tensors, Scale)];
        return new Ia3
        {
            TargetModules = [.. modules.Select(module => module.Name)],
            FeedForwardModules = [.. modules.Where(module => module.Tensor.Shape[0] == 1).Select(module => module.Name)],
        };
    }

    private static int ReadVirtualTokens(AdapterJson config, bool shared)
    {
        if (shared && config.Number("num_transformer_submodules", 1) != 1)
            throw config.Wrong("num_transformer_submodules", "1 (vectors before the encoder's text only)");
        return config.Count("num_virtual_tokens");
    }

    /// <summary>The modules that a kind of tensor is on, by their names in the model.</summary>
    private static IEnumerable<(string Name, StoredTensor Tensor)> Modules(IEnumerable<StoredTensor> tensors, string ending) =>
        tensors
            .Where(tensor =>
                tensor.Name.EndsWith(ending, StringComparison.Ordinal)
                && tensor.Name.StartsWith(Prefix, StringComparison.Ordinal)
                && tensor.Shape.Length == 2
            )
            .Select(tensor => (tensor.Name[Prefix.Length..^ending.Length], tensor));

    private static void WriteLora(Lora lora, AdapterTarget target, JsonObject config)
    {
        config["peft_type"] = "LORA";
        config["r"] = lora.Rank;
        config["lora_alpha"] = lora.Alpha == Math.Floor(lora.Alpha) ? JsonValue.Create((long)lora.Alpha) : JsonValue.Create(lora.Alpha);
        config["lora_dropout"] = lora.Dropout;
        config["use_rslora"] = lora.RankStabilized;
        config["bias"] = lora.KeepsAllBiases ? "all" : lora.TrainsBiases ? "lora_only" : "none";
        config["fan_in_fan_out"] = IsTransposed(target);
        config["target_modules"] = Names(lora.TargetModules ?? TargetNames.QueryAndValue(target.Model));
        (string Name, int Rank)[] others =
        [
            .. lora.RankOf.Where(module => module.Value != lora.Rank).Select(module => (module.Key, module.Value)),
        ];
        if (others.Length > 0)
            config["rank_pattern"] = new JsonObject(others.Select(module => KeyValuePair.Create(module.Name, (JsonNode?)module.Rank)));
    }

    private static void WriteIa3(Ia3 ia3, AdapterTarget target, JsonObject config)
    {
        (IReadOnlyList<string> targets, IReadOnlyList<string> feedForward) = ia3.TargetsOf(target.Model);
        config["peft_type"] = "IA3";
        config["fan_in_fan_out"] = IsTransposed(target);
        config["feedforward_modules"] = Names(feedForward);
        config["target_modules"] = Names(targets);
    }

    private static void WriteVirtualTokens(string type, int count, AdapterTarget target, JsonObject config)
    {
        Backbone backbone = target.Backbone;
        bool hasDecoder = backbone.Blocks.Any(block => block.CrossAttention is not null);
        config["peft_type"] = type;
        config["num_virtual_tokens"] = count;
        config["num_attention_heads"] = backbone.Config.HeadCount;
        config["num_layers"] = PrefixTuning.DepthOn(backbone);
        int width = backbone.Blocks[^1].SelfAttention.Width;
        config["token_dim"] = type == "PROMPT_TUNING" ? backbone.Words.Width : width;
        config["num_transformer_submodules"] = hasDecoder && type == "PREFIX_TUNING" ? 2 : 1;
        if (type == "PREFIX_TUNING") (config["encoder_hidden_size"], config["prefix_projection"]) = (width, false);
        else config["prompt_tuning_init"] = "RANDOM";
    }

    private static bool IsTransposed(AdapterTarget target) =>
        target.Model.Find<Projection>().Any(found => found.Layer.Tuning is not null && found.Layer.IsTransposed);

    /// <summary>What PEFT keeps whole: of the head its outermost module, of the backbone the layer itself.</summary>
    private static string SavedModule(string parameter, IReadOnlySet<string> headParameters) =>
        headParameters.Contains(parameter)
            ? parameter[..parameter.IndexOf('.', StringComparison.Ordinal)]
            : parameter[..parameter.LastIndexOf('.')];

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];
}
