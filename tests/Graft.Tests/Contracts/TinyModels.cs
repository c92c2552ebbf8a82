using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Contracts;

/// <summary>
/// A small configuration of every family in the registry, and batches for it. A new family needs a line here and is tested.
/// </summary>
internal static class TinyModels
{
    public const int Vocabulary = 61, Positions = 40;

    private const string Common = """
        "vocab_size": 61, "hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "intermediate_size": 40,
        "max_position_embeddings": 40, "initializer_range": 0.3
        """;

    private static readonly Dictionary<string, string> s_configs = new(StringComparer.Ordinal)
    {
        ["bert"] = Common,
        ["modernbert"] =
            Common
            + """, "local_attention": 6, "global_attn_every_n_layers": 2, "pad_token_id": 0, "bos_token_id": 1,"""
                + """ "eos_token_id": 2, "cls_token_id": 1, "sep_token_id": 2""",
        ["roberta"] = Common + """, "type_vocab_size": 1""",
        ["xlm-roberta"] = Common + """, "type_vocab_size": 1""",
        ["camembert"] = Common + """, "type_vocab_size": 1""",
        ["data2vec-text"] = Common,
        ["ernie"] = Common + """, "use_task_id": true""",
        ["nomic_bert"] = Common,
        ["gte"] = Common,
        ["new"] =
            Common
            + """, "rope_theta": 500000, "rope_scaling": {"type": "ntk", "factor": 2.0}, "type_vocab_size": 0,"""
                + """ "position_embedding_type": "rope", "pack_qkv": true""",
        ["eurobert"] = Common + """, "num_key_value_heads": 1, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2""",
        ["deberta"] =
            Common
            + """, "relative_attention": true, "max_relative_positions": 12, "pos_att_type": ["c2p", "p2c"],"""
                + """ "position_biased_input": false""",
        ["distilbert"] =
            """ "vocab_size": 61, "dim": 24, "n_layers": 3, "n_heads": 3, "hidden_dim": 40, "max_position_embeddings": 40,"""
                + """ "initializer_range": 0.3 """,
        ["albert"] =
            Common.Replace("\"num_hidden_layers\": 3", "\"num_hidden_layers\": 4", StringComparison.Ordinal)
            + """, "embedding_size": 10, "num_hidden_groups": 2, "inner_group_num": 2""",
        ["electra"] = Common + """, "embedding_size": 10""",
        ["gpt2"] =
            """ "vocab_size": 61, "n_embd": 24, "n_layer": 3, "n_head": 3, "n_positions": 40, "pad_token_id": 0,"""
                + """ "bos_token_id": 1, "eos_token_id": 2, "initializer_range": 0.3 """,
        ["t5"] =
            """ "vocab_size": 61, "d_model": 24, "num_layers": 2, "num_heads": 3, "d_kv": 10, "d_ff": 40,"""
                + """ "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12,"""
                + """ "feed_forward_proj": "gated-gelu", "tie_word_embeddings": false """,
        ["mt5"] =
            """ "vocab_size": 61, "d_model": 24, "num_layers": 2, "num_heads": 3, "d_kv": 10, "d_ff": 40,"""
                + """ "relative_attention_num_buckets": 8, "relative_attention_max_distance": 12, "tie_word_embeddings": false """,
        ["mpnet"] = Common,
        ["deberta-v2"] =
            Common
            + """, "relative_attention": true, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"], "share_att_key": true,"""
                + """ "norm_rel_ebd": "layer_norm", "position_biased_input": false""",
    };

    /// <summary>The model types of the registry.</summary>
    public static TheoryData<string> Families => [.. ModelFamilies.All.Select(family => family.ModelType)];

    /// <summary>Every family with every head it has.</summary>
    public static TheoryData<string, string> FamiliesAndHeads
    {
        get
        {
            TheoryData<string, string> data = [];
            foreach (ModelFamily family in ModelFamilies.All)
            {
                ModelConfig config = Config(family.ModelType);
                data.Add(family.ModelType, HeadKinds.None);
                foreach (string head in ModelHeads.Kinds.Where(head => family.Recipe(head, config) is not null))
                    data.Add(family.ModelType, head);
            }

            return data;
        }
    }

    public static ModelConfig Config(string modelType)
    {
        JsonObject json = JsonNode.Parse("{" + s_configs[modelType] + "}")!.AsObject();
        json["model_type"] = modelType;
        return ModelFamilies.Of(modelType, "test").ReadConfig(json);
    }

    /// <summary>Texts of these lengths, padded, with ids that are no padding in any family.</summary>
    public static EncoderInput Padded(ulong seed, params int[] lengths)
    {
        CounterRandom random = new(seed);
        long[,] ids = new long[lengths.Length, lengths.Max()], mask = new long[lengths.Length, lengths.Max()];
        for (int s = 0; s < lengths.Length; s++)
        {
            for (int t = 0; t < lengths.Max(); t++)
            {
                ids[s, t] = t < lengths[s] ? 3 + random.NextInt(Vocabulary - 3) : 1; // RoBERTa and MPNet count positions by the id 1
                mask[s, t] = t < lengths[s] ? 1 : 0;
            }
        }

        return new EncoderInput { InputIds = tensor(ids), AttentionMask = tensor(mask) };
    }

    /// <summary>The same batch packed.</summary>
    public static EncoderInput Packed(EncoderInput padded)
    {
        Tensor rows = padded.AttentionMask!.reshape(-1).nonzero().squeeze(-1);
        long[] lengths = padded.AttentionMask!.sum(1).data<long>().ToArray();
        int[] boundaries = new int[lengths.Length + 1];
        for (int s = 0; s < lengths.Length; s++) boundaries[s + 1] = boundaries[s] + (int)lengths[s];
        return new EncoderInput { InputIds = padded.InputIds.reshape(-1).index_select(0, rows), Boundaries = boundaries };
    }

    /// <summary>The rows of a padded output [B, T, D] that are tokens.</summary>
    public static Tensor Tokens(Tensor states, EncoderInput padded) =>
        states.reshape(-1, states.shape[^1]).index_select(0, padded.AttentionMask!.reshape(-1).nonzero().squeeze(-1));
}
