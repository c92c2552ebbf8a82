using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Inference;

/// <summary>
/// What happens inside a model while it reads one text: the attention weights of every head of every layer, and the states between layers.
/// <code>
/// using PretrainedModel model = PretrainedModel.Load("bert-base-uncased", new() { Head = HeadKinds.None });
/// AttentionInspection seen = AttentionInspection.Of(model, "The animal was tired because it ran.");
/// float weight = seen.Attentions[layer][head, query, key];
/// </code>
/// Of an encoder-decoder, the encoder is looked at.
/// </summary>
/// <param name="Tokens">The tokens, special ones included.</param>
/// <param name="Attentions">A layer each: [head, query, key], rows sum to 1.</param>
/// <param name="HiddenStates">What enters each layer and, last, the output: [token, D].</param>
public sealed record AttentionInspection(
    IReadOnlyList<string> Tokens,
    IReadOnlyList<float[,,]> Attentions,
    IReadOnlyList<float[,]> HiddenStates
)
{
    /// <summary>Reads a text, or a pair of texts.</summary>
    /// <param name="model">Any model with a tokenizer; its head is not asked.</param>
    /// <param name="text">The text.</param>
    /// <param name="pair">A second one.</param>
    /// <exception cref="InputException">The text is longer than the position table.</exception>
    public static AttentionInspection Of(PretrainedModel model, string text, string? pair = null)
    {
        TokenizedText tokens = model.Tokenizer.Encode(text, pair);
        using IDisposable noGradient = inference_mode();
        using ComputeScope computing = model.Enter();
        using DisposeScope scope = NewDisposeScope();
        BackboneOutput output = model.Backbone.Forward(Input(model, tokens) with { OutputAttentions = true, OutputHiddenStates = true });
        return new AttentionInspection(tokens.Tokens, [.. output.Attentions!.Select(Cube)], [.. output.HiddenStates!.Select(Matrix)]);
    }

    /// <summary>Opens a folder and reads a text.</summary>
    /// <exception cref="InputException">The folder is missing or damaged, or the text is longer than the position table.</exception>
    public static AttentionInspection Load(string folder, string text, string? pair = null)
    {
        using PretrainedModel model = PretrainedModel.Load(RunSeeds.Best(folder), new LoadOptions { Head = HeadKinds.None });
        return Of(model, text, pair);
    }

    /// <summary>{"tokens", "attentions": [layer][head][query][key], "hidden_states": [layer][token][D] when asked for}.</summary>
    public JsonObject ToJson(bool withStates = false)
    {
        JsonObject json = new()
        {
            ["tokens"] = new JsonArray([.. Tokens.Select(token => (JsonNode)token)]),
            ["attentions"] = new JsonArray([
                .. Attentions.Select(layer =>
                    (JsonNode)
                        new JsonArray([
                            .. Enumerable
                                .Range(0, layer.GetLength(0))
                                .Select(head =>
                                    (JsonNode)Rows(layer.GetLength(1), layer.GetLength(2), (query, key) => layer[head, query, key])
                                ),
                        ])
                ),
            ]),
        };
        if (withStates)
            json["hidden_states"] = new JsonArray([
                .. HiddenStates.Select(states =>
                    (JsonNode)Rows(states.GetLength(0), states.GetLength(1), (token, value) => states[token, value])
                ),
            ]);
        return json;
    }

    /// <summary>A single text for a backbone, padded layout.</summary>
    internal static EncoderInput Input(PretrainedModel model, TokenizedText tokens) => new()
    {
        InputIds = tensor(tokens.Ids.Select(id => (long)id).ToArray()).unsqueeze(0),
        TokenTypeIds = model.Backbone.ReadsSegments ? tensor(tokens.TypeIds.Select(id => (long)id).ToArray()).unsqueeze(0) : null,
    };

    /// <summary>[1, T, D] → [T, D].</summary>
    internal static float[,] Matrix(Tensor states)
    {
        float[,] matrix = new float[states.shape[1], states.shape[2]];
        Copy(states, matrix);
        return matrix;
    }

    /// <summary>[1, H, T, T] → [H, T, T].</summary>
    private static float[,,] Cube(Tensor attention)
    {
        float[,,] cube = new float[attention.shape[1], attention.shape[2], attention.shape[3]];
        Copy(attention, cube);
        return cube;
    }

    private static void Copy(Tensor from, Array to) => Buffer.BlockCopy(from.ToSingles(), 0, to, 0, sizeof(float) * to.Length);

    private static JsonArray Rows(int rows, int columns, Func<int, int, float> value) => new([.. Enumerable.Range(0, rows).Select(
        row => (JsonNode)new JsonArray([.. Enumerable.Range(0, columns).Select(column => (JsonNode)value(row, column))]))]);
}
