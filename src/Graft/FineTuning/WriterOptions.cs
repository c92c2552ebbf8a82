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
}
