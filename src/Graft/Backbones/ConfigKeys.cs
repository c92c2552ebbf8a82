using System.Text.Json.Nodes;

namespace Graft.Backbones;

/// <summary>
/// What becomes of each key of a config.json: it is implemented (the keys of the family's defaults and those that it reads besides),
/// refused by name unless it has the value that changes nothing, or without effect on the numbers. What stands on none of the three lists
/// is reported where the model is loaded and inspected.
/// </summary>
internal static class ConfigKeys
{
    // Every family reads these.
    private static readonly HashSet<string> s_implemented = new(StringComparer.Ordinal)
    {
        "architectures",
        "bos_token_id",
        "decoder_start_token_id",
        "eos_token_id",
        "id2label",
        "initializer_range",
        "label2id",
        "model_type",
        "num_labels",
        "pad_token_id",
        "problem_type",
        "sbert_ce_default_activation_function",
        "sentence_transformers",
        "tie_word_embeddings",
        "vocab_size",
    };

    // They change the graph or the answer, and Graft does not follow them: only these values are read. "null" stands for a missing key too.
    private static readonly Dictionary<string, string[]> s_neutral = new(StringComparer.Ordinal)
    {
        ["add_cross_attention"] = ["false"],
        ["cross_attention_hidden_size"] = [],
        ["is_decoder"] = ["false"],
        ["position_embedding_type"] = ["\"absolute\""],
        ["pruned_heads"] = ["{}"],
        ["quantization_config"] = [],
        ["rope_scaling"] = [],
        ["tie_encoder_decoder"] = ["false"],
        ["tie_weights_"] = ["true"],
        ["alibi"] = ["false"],
        ["use_rezero"] = ["false"],
    };

    private static readonly HashSet<string> s_withoutEffect = new(StringComparer.Ordinal)
    {
        "_attn_implementation",
        "_attn_implementation_autoset",
        "_attn_implementation_internal",
        "_commit_hash",
        "_name_or_path",
        "_num_labels",
        "adapters",
        "attn_implementation",
        "chunk_size_feed_forward",
        "custom_pipelines",
        "directionality",
        "down_scale_factor",
        "dtype",
        "finetuning_task",
        "gap_size",
        "generator_size",
        "gradient_checkpointing",
        "language",
        "license",
        "mask_token_id",
        "max_source_positions",
        "model_max_length",
        "name",
        "n_ctx",
        "n_positions",
        "net_structure_type",
        "num_memory_blocks",
        "output_attentions",
        "output_hidden_states",
        "output_past",
        "output_scores",
        "pooler_fc_size",
        "pooler_num_attention_heads",
        "pooler_num_fc_layers",
        "pooler_size_per_head",
        "pooler_type",
        "prefix",
        "reference_compile",
        "repad_logits_with_grad",
        "return_dict",
        "return_dict_in_generate",
        "sep_token_id",
        "cls_token_id",
        "task_specific_params",
        "tokenizer_class",
        "torch_dtype",
        "torchscript",
        "transformers_version",
        "trust_remote_code",
        "use_bfloat16",
        "use_cache",
        "use_flash_attn",
        "use_return_dict",
        "xla_device",
    };

    // Generation reads these, from config.json too where there is no generation_config.json.
    private static readonly HashSet<string> s_ofGeneration = new(StringComparer.Ordinal)
    {
        "bad_words_ids",
        "begin_suppress_tokens",
        "diversity_penalty",
        "do_sample",
        "early_stopping",
        "encoder_no_repeat_ngram_size",
        "encoder_repetition_penalty",
        "exponential_decay_length_penalty",
        "forced_bos_token_id",
        "forced_eos_token_id",
        "length_penalty",
        "max_length",
        "max_new_tokens",
        "min_length",
        "min_new_tokens",
        "min_p",
        "no_repeat_ngram_size",
        "num_beam_groups",
        "num_beams",
        "num_return_sequences",
        "remove_invalid_values",
        "repetition_penalty",
        "sequence_bias",
        "suppress_tokens",
        "temperature",
        "top_k",
        "top_p",
        "typical_p",
    };

    /// <summary>Refuses what would change the answers and is not followed.</summary>
    /// <param name="file">The keys of the file.</param>
    /// <param name="family">The family whose model it is.</param>
    /// <exception cref="InputException">Names the key and what is allowed.</exception>
    public static void RefuseUnfollowed(JsonObject file, ModelFamily family)
    {
        if (file["quantization_config"] is JsonNode quantized)
        {
            string method = (quantized as JsonObject)?["quant_method"]?.ToString() ?? "an unnamed method";
            throw new InputException(
                $"config.json: \"quantization_config\": the weights are quantized ({method}): Graft reads weights of floating point "
                    + $"only; fetch the model that this one was made from"
            );
        }

        foreach ((string key, JsonNode? value) in file)
        {
            if (
                value is null
                || family.Follows(key)
                || !s_neutral.TryGetValue(key, out string[]? neutral)
                || neutral.Contains(value.ToJsonString(), StringComparer.Ordinal)
            )
                continue;
            throw ModelConfig.Wrong(
                key,
                value,
                neutral.Length == 0 ? "nothing (Graft does not follow this key)" : $"{neutral[0]} (Graft does not follow another value)"
            );
        }

        if (!family.Follows("rope_parameters")) RefuseScaledRotations(file["rope_parameters"], "rope_parameters");
    }

    /// <summary>Keys of the file that stand on none of the lists, in the file's order.</summary>
    /// <param name="file">The keys of the file.</param>
    /// <param name="defaults">The family's own keys.</param>
    /// <param name="family">The family whose model it is.</param>
    public static IEnumerable<string> Unknown(JsonObject file, JsonObject defaults, ModelFamily family) =>
        file.Select(pair => pair.Key)
            .Where(key =>
                !defaults.ContainsKey(key)
                && !s_implemented.Contains(key)
                && !s_neutral.ContainsKey(key)
                && !s_withoutEffect.Contains(key)
                && !s_ofGeneration.Contains(key)
                && !family.Follows(key)
                && key is not ("auto_map" or "rope_parameters")
            );

    // Of version 5 of transformers: {"rope_theta": …, "rope_type": "default"}, or one of them for each type of layer.
    private static void RefuseScaledRotations(JsonNode? node, string path)
    {
        if (node is not JsonObject rope) return;
        if (rope["rope_type"] is JsonNode type && ModelJson.Text(type) != "default")
            throw ModelConfig.Wrong($"{path}.rope_type", type, "\"default\" (Graft does not follow scaled rotary positions)");
        foreach ((string key, JsonNode? inner) in rope) RefuseScaledRotations(inner, $"{path}.{key}");
    }
}
