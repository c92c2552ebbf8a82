using Graft.Backbones;
using Graft.Pretrained;
using Graft.Runs;

namespace Graft.Tasks;

/// <summary>
/// What <c>auto</c> means: the papers' ranges, chosen by strategy, model size and number of examples. A sweep over several rates beats any
/// default.
/// </summary>
internal static class AutoRecipe
{
    private const long SmallModel = 15_000_000;

    /// <summary>The peak learning rate.</summary>
    /// <param name="strategy">The strategy's name on the command line.</param>
    /// <param name="model">The model.</param>
    public static Resolved<double> LearningRate(string strategy, PretrainedModel model)
    {
        bool isSmall = model.Backbone.ParameterCount < SmallModel;
        return strategy switch
        {
            "full" when model.HeadKind == HeadKinds.SequenceToSequence => new(3e-4, "T5: 1e-4 … 1e-3 (Raffel et al. 2020)"),
            "full" when model.HeadKind == HeadKinds.Embedding && !isSmall =>
                new(2e-5, "sentence vectors: 2e-5 (Reimers and Gurevych 2019)"),
            "full" when isSmall => new(3e-4, "tiny and mini models: 1e-4 … 3e-4 (Turc et al. 2019)"),
            "full" => new(5e-5, "base models: 2e-5 … 5e-5 (Devlin et al. 2019)"),
            "contrastive" => new(2e-5, "SetFit (Tunstall et al. 2022)"),
            "head" => new(1e-3, "only the head learns"),
            "bitfit" => new(1e-3, "biases want ten times the rate of full tuning (Ben Zaken et al. 2022)"),
            "lora" => new(5e-4, "LoRA: 2e-4 … 5e-4 (Hu et al. 2022)"),
            "houlsby" or "pfeiffer" => new(isSmall ? 1e-3 : 5e-4, "adapters: 1e-4 … 1e-3 (Houlsby et al. 2019, Pfeiffer et al. 2021)"),
            "ia3" => new(5e-3, "IA3: 3e-3 … 1e-2 (Liu et al. 2022)"),
            _ => new(5e-3, "trained vectors want high rates (Lester et al. 2021, Li and Liang 2021)"),
        };
    }

    /// <summary>Passes over the data: more when there is little of it.</summary>
    /// <param name="strategy">The strategy's name.</param>
    /// <param name="examples">Number of training examples.</param>
    public static Resolved<double> Epochs(string strategy, int examples)
    {
        if (strategy == "contrastive") return new(1, "one pass over the pairs (Tunstall et al. 2022)");
        const int few = 200;
        double epochs = examples switch { < few => Math.Min(80, Math.Round(20.0 * few / examples)), < 1_000 => 20, < 5_000 => 10, _ => 3 };
        string why = examples switch
        {
            < few => "as many updates as 20 epochs of 200 examples have",
            < 5_000 => "10–20 epochs below 5,000 (Mosbach et al. 2021)",
            _ => "2–4 epochs (Devlin et al. 2019)",
        };
        string reason = $"{examples} examples: {why}";
        return strategy == "full"
            ? new(epochs, reason)
            : new(Math.Max(epochs, Math.Min(20, 2 * epochs)), reason + (epochs < 20 ? "; few trained parameters: twice as many" : ""));
    }

    /// <summary>Pairs in an optimizer batch of contrastive tuning.</summary>
    internal static Resolved<int> PairBatchSize { get; } = new(16, "16 pairs (Tunstall et al. 2022)");

    /// <summary>Features in an optimizer batch.</summary>
    /// <param name="examples">Number of training examples.</param>
    public static Resolved<int> BatchSize(int examples) =>
        examples < 1_000 ? new(16, "16 below 1,000 examples, so that there are enough updates") : new(32, "16–32 (Devlin et al. 2019)");
}
