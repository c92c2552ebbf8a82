using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Generation;

namespace Graft.Tasks;

/// <summary>How tasks write text: the user's options with the model's end and padding tokens.</summary>
internal static class WriterOptions
{
    /// <summary>Ends at the model's end tokens, where the options name none.</summary>
    public static GenerationOptions For(GenerationOptions options, ModelConfig config) => options with
    {
        EosTokenIds = options.EosTokenIds.Count > 0 ? options.EosTokenIds : config.EndTokenIds,
        PadTokenId = options.EosTokenIds.Count > 0 ? options.PadTokenId : config.PadTokenId ?? 0,
    };

    /// <summary>As <c>graft.json</c> has it.</summary>
    public static JsonObject ToJson(GenerationOptions options) => new() { ["max_new_tokens"] = options.MaxNewTokens, ["num_beams"] = options.NumBeams };

    /// <summary>From <c>graft.json</c>; the defaults where it says nothing.</summary>
    public static GenerationOptions FromJson(JsonNode? json, GenerationOptions defaults) => defaults with
    {
        MaxNewTokens = (int?)json?["max_new_tokens"] ?? defaults.MaxNewTokens,
        NumBeams = (int?)json?["num_beams"] ?? defaults.NumBeams,
    };
}
