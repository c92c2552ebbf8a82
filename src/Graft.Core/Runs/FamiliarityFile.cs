using Graft.Checkpoints;
using Graft.Tasks;

namespace Graft.Runs;

/// <summary>
/// <c>familiarity.safetensors</c> in a run folder: what tells texts that are unlike the training data. A folder without it knows nothing of
/// that.
/// </summary>
internal static class FamiliarityFile
{
    public const string Name = "familiarity.safetensors";

    private const string MeanName = "mean", FactorName = "factor", ThresholdName = "threshold";

    public static void Write(string folder, Familiarity familiarity)
    {
        int width = familiarity.Mean.Length;
        SafetensorsWriter.Write(
            Path.Combine(folder, Name),
            [
                TensorToWrite.FromSingles(MeanName, [width], familiarity.Mean),
                TensorToWrite.FromSingles(FactorName, [width, width], familiarity.Factor),
                TensorToWrite.FromSingles(ThresholdName, [1], new float[] { (float)familiarity.Threshold }),
            ]
        );
    }

    /// <exception cref="InputException">The file is damaged.</exception>
    public static Familiarity? Read(string folder)
    {
        string path = Path.Combine(folder, Name);
        if (!File.Exists(path)) return null;
        using Checkpoint checkpoint = Checkpoint.Open(path);
        float[] mean = checkpoint[MeanName].ToSingles(), factor = checkpoint[FactorName].ToSingles(),
            threshold = checkpoint[ThresholdName].ToSingles();
        return factor.Length == (long)mean.Length * mean.Length && threshold is [float distance]
            ? new Familiarity(mean, factor, distance)
            : throw new InputException($"{path} is damaged: its tensors do not fit together");
    }
}
