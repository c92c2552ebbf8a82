using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using Graft.Tests.Contracts;
using Graft.Tests.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Pretrained;

/// <summary>Folders as NomicBERT and GTE were published, with code of their own: the same model as in transformers' layout.</summary>
public sealed class PublishedFoldersTests
{
    private const string Nomic = """
        {
          "activation_function": "swiglu", "architectures": ["NomicBertForPreTraining"], "attn_pdrop": 0.0, "causal": false,
          "embd_pdrop": 0.0,
          "auto_map": { "AutoConfig": "nomic-ai/nomic-bert-2048--configuration_hf_nomic_bert.NomicBertConfig",
          "AutoModel": "nomic-ai/nomic-bert-2048--modeling_hf_nomic_bert.NomicBertModel" },
          "initializer_range": 0.3, "layer_norm_epsilon": 1e-12, "max_trained_positions": 2048, "mlp_fc1_bias": false,
          "mlp_fc2_bias": false, "model_type": "nomic_bert",
          "n_embd": 24, "n_head": 3, "n_inner": 40, "n_layer": 3, "n_positions": 8192, "parallel_block": false, "prenorm": false,
          "qkv_proj_bias": false, "resid_pdrop": 0.0,
          "rotary_emb_base": 1000, "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": false, "rotary_emb_scale_base": null,
          "rotary_scaling_factor": null,
          "bos_token_id": null, "dense_seq_output": true, "eos_token_id": null, "fused_bias_fc": true, "fused_dropout_add_ln": true,
          "pad_vocab_size_multiple": 1, "parallel_block_tied_norm": false, "reorder_and_upcast_attn": false,
          "scale_attn_by_inverse_layer_idx": false, "scale_attn_weights": true, "summary_activation": null, "summary_first_dropout": 0.0,
          "summary_proj_to_labels": true, "summary_type": "cls_index", "summary_use_proj": true, "torch_dtype": "float32",
          "transformers_version": "4.37.2", "use_cache": true, "use_flash_attn": true, "use_xentropy": true,
          "type_vocab_size": 2, "use_rms_norm": false, "vocab_size": 61
        }
        """;

    private const string Gte = """
        {
          "architectures": ["NewForMaskedLM"], "attention_probs_dropout_prob": 0.0, "hidden_act": "gelu", "hidden_dropout_prob": 0.1,
          "hidden_size": 24, "initializer_range": 0.3,
          "auto_map": { "AutoConfig": "Alibaba-NLP/new-impl--configuration.NewConfig",
          "AutoModelForMaskedLM": "Alibaba-NLP/new-impl--modeling.NewForMaskedLM" },
          "intermediate_size": 40, "layer_norm_eps": 1e-12, "layer_norm_type": "layer_norm", "logn_attention_clip1": false,
          "logn_attention_scale": false,
          "max_position_embeddings": 8192, "model_type": "new", "num_attention_heads": 3, "num_hidden_layers": 3, "pack_qkv": true,
          "pad_token_id": 1,
          "position_embedding_type": "rope", "rope_scaling": null, "rope_theta": 20000, "type_vocab_size": 1, "unpad_inputs": false,
          "use_memory_efficient_attention": false, "vocab_size": 61
        }
        """;

    private static readonly (string Today, string Published)[] s_nomic =
    [
        ("nomic_bert.embeddings.LayerNorm", "bert.emb_ln"),
        ("nomic_bert.layers.", "bert.encoder.layers."),
        ("nomic_bert.", "bert."),
        ("self_attn.o_proj", "attn.out_proj"),
        ("up_proj", "fc11"),
        ("gate_proj", "fc12"),
        ("down_proj", "fc2"),
        ("post_attention_layernorm", "norm1"),
        ("post_mlp_layernorm", "norm2"),
        ("self_attn.qkv", "attn.Wqkv"),
    ];

    private static readonly (string Today, string Published)[] s_gte =
    [
        ("gte.layers.", "new.encoder.layer."),
        ("gte.", "new."),
        ("self_attn.o_proj", "attention.o_proj"),
        ("self_attn.qkv", "attention.qkv_proj"),
        ("post_attention_layernorm", "attn_ln"),
        ("post_mlp_layernorm", "mlp_ln"),
        ("mlp.up_gate", "mlp.up_gate_proj"),
        ("lm_head.layer_norm", "lm_head.norm"),
    ];

    [Fact]
    public void NomicsPublishedFolderIsTheModelOfTransformers() =>
        Compare(
            "nomic_bert",
            """{ "rope_parameters": { "rope_theta": 1000.0, "rope_type": "default" } }""",
            Nomic,
            s_nomic,
            joinsUpGate: false
        );

    [Fact]
    public void GtesPublishedFolderIsTheModelOfTransformers() =>
        Compare("gte", """{ "rope_parameters": { "rope_theta": 20000.0, "rope_type": "default" } }""", Gte, s_gte, joinsUpGate: true);

    [Theory]
    [InlineData(Nomic, "prenorm", "true")]
    [InlineData(Nomic, "rotary_emb_fraction", "0.5")]
    [InlineData(Nomic, "activation_function", "\"gelu\"")]
    [InlineData(Nomic, "num_experts", "8")]
    [InlineData(Nomic, "scale_attn_by_inverse_layer_idx", "true")]
    [InlineData(Nomic, "rope_scaling", "{ \"type\": \"linear\", \"factor\": 2.0 }")]
    [InlineData(Gte, "tie_encoder_decoder", "true")]
    [InlineData(Gte, "layer_norm_type", "\"rms_norm\"")]
    [InlineData(Gte, "logn_attention_scale", "true")]
    [InlineData(Gte, "rope_scaling", "{ \"type\": \"linear\", \"factor\": 2.0 }")]
    [InlineData(Gte, "position_embedding_type", "\"absolute\"")]
    [InlineData(Gte, "auto_map", "{ \"AutoModel\": \"someone/else--modeling.JinaBertModel\" }")]
    public void WhatWouldChangeTheNumbersIsRefusedByName(string config, string key, string value)
    {
        using TemporaryFolder folder = new();
        JsonObject json = JsonNode.Parse(config)!.AsObject();
        json[key] = JsonNode.Parse(value);
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), json.ToJsonString());
        Assert.Contains(
            key,
            Assert.Throws<InputException>(() => PretrainedModel.ReadConfig(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(Nomic)]
    [InlineData(Gte)]
    public void AKeyThatIsOnNoListIsReported(string config)
    {
        using TemporaryFolder folder = new();
        JsonObject json = JsonNode.Parse(config)!.AsObject();
        json["use_sliding_trick"] = true;
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), json.ToJsonString());
        Assert.Equal(["use_sliding_trick"], PretrainedModel.ReadConfig(folder.Path).UnknownKeys);
    }

    [Fact]
    public void NomicsWordTableIsAsLongAsItsMultipleSays()
    {
        using TemporaryFolder folder = new();
        JsonObject json = JsonNode.Parse(Nomic)!.AsObject();
        json["pad_vocab_size_multiple"] = 64;
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), json.ToJsonString());
        Assert.Equal(64, PretrainedModel.ReadConfig(folder.Path).VocabularySize);
    }

    private static void Compare(string family, string keys, string published, (string Today, string Published)[] names, bool joinsUpGate)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using TemporaryFolder folder = new();
        ModelConfig config = TinyModels.Config(family);
        foreach ((string key, JsonNode? value) in JsonNode.Parse(keys)!.AsObject()) config = config.With(key, value);
        using PretrainedModel today = PretrainedModel.Create(config, HeadKinds.MaskedLm, 5);
        Dictionary<string, Tensor> parameters = today.Parameters.ToDictionary(
            parameter => parameter.Name,
            parameter => (Tensor)parameter.Value,
            StringComparer.Ordinal
        );
        Join(parameters, ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"], "self_attn.qkv");
        if (joinsUpGate)
            Join(parameters, ["mlp.up_proj", "mlp.gate_proj"], "mlp.up_gate");
        SafetensorsWriter.Write(
            Path.Combine(folder.Path, "model.safetensors"),
            parameters.Select(parameter =>
                TensorToWrite.FromSingles(
                    names.Aggregate(parameter.Key, (name, pair) => name.Replace(pair.Today, pair.Published, StringComparison.Ordinal)),
                    parameter.Value.shape,
                    parameter.Value.data<float>().ToArray()
                )
            )
        );
        File.WriteAllText(Path.Combine(folder.Path, "config.json"), published);
        using PretrainedModel loaded = PretrainedModel.Load(folder.Path);
        Assert.Equal(HeadKinds.MaskedLm, loaded.HeadKind);
        Assert.Empty(loaded.Report.Missing);
        Assert.Empty(loaded.Report.UnknownConfigKeys);
        Assert.All(loaded.Report.Unexpected, name => Assert.Equal("cls.predictions.bias", name)); // the published head has none
        EncoderInput input = TinyModels.Padded(3, 9, 17);
        TensorAssert.Close(
            TinyModels.Tokens(today.Forward(input).Scores!.Logits!, input),
            TinyModels.Tokens(loaded.Forward(input).Scores!.Logits!, input),
            2e-5,
            family
        );
    }

    private static void Join(Dictionary<string, Tensor> parameters, string[] parts, string joined)
    {
        foreach (string first in parameters.Keys.Where(name => name.Contains(parts[0], StringComparison.Ordinal)).ToArray())
        {
            string[] all = [.. parts.Select(part => first.Replace(parts[0], part, StringComparison.Ordinal))];
            parameters[first.Replace(parts[0], joined, StringComparison.Ordinal)] = cat([.. all.Select(name => parameters[name])], 0);
            foreach (string name in all) parameters.Remove(name);
        }
    }
}
