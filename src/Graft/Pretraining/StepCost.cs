using Graft.Backbones;

namespace Graft.Pretraining;

/// <summary>
/// What a token costs in training: FLOP = 6 · encoder matrices + 12 · layers · length · width + 6 · p · width · (vocabulary + width), the
/// last for the share p of tokens that the head runs on. Over the machine's peak rate it says how well a run uses the machine.
/// </summary>
internal static class StepCost
{
    /// <summary>FLOP a token.</summary>
    /// <param name="backbone">The model's layers.</param>
    /// <param name="length">Tokens of a sequence.</param>
    /// <param name="headShare">The share of tokens the head runs on.</param>
    public static double FlopsPerToken(Backbone backbone, int length, double headShare)
    {
        ModelConfig config = backbone.Config;
        double width = config.HiddenSize;
        return (6 * Matrices(backbone))
            + (12.0 * config.LayerCount * length * width)
            + (6 * headShare * width * (config.VocabularySize + width));
    }

    /// <summary>
    /// Values of the matrices that every token is multiplied by: no tables, and no pooler, which sees one token of a sequence.
    /// </summary>
    public static double Matrices(Backbone backbone) =>
        backbone
            .named_parameters()
            .Where(named =>
                named.parameter.dim() == 2
                && !IsTable(named.parameter.shape, backbone.Config, backbone)
                && !named.name.Contains("pooler", StringComparison.Ordinal)
            )
            .Sum(named => (double)named.parameter.numel());

    // Tables are looked up, not multiplied.
    private static bool IsTable(long[] shape, ModelConfig config, Backbone backbone) =>
        shape[0] == config.VocabularySize || shape[0] == backbone.PositionLimit || shape[0] <= 4;
}
