using Graft.Backbones;
using Graft.Generation;

namespace Graft.Tasks;

/// <summary>How tasks write text: the user's options with the model's end and padding tokens.</summary>
internal static class WriterOptions
{
    /// <summary>Ends at the model's end token.</summary>
    public static GenerationOptions For(GenerationOptions options, ModelConfig config) => options with
    {
        EosTokenIds = config.OptionalInt("eos_token_id") is int end ? [end] : [],
        PadTokenId = config.PadTokenId ?? 0,
    };
}
