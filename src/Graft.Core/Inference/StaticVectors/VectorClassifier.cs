using Graft.Checkpoints;
using Graft.Evaluation;

namespace Graft.Inference.StaticVectors;

/// <summary>
/// The convex classifier beside a static model: <c>classifier.safetensors</c> with <c>classifier.weight</c> [labels, width] and
/// <c>classifier.bias</c> [labels], on a text's vector, or on u, v, |u − v| and u · v of a pair's.
/// </summary>
internal sealed class VectorClassifier
{
    /// <summary>Vectors that a pair's four parts take.</summary>
    public const int PairParts = 4;

    private const string FileName = "classifier.safetensors", WeightName = "classifier.weight", BiasName = "classifier.bias";
    private readonly LinearClassifier _linear;

    /// <param name="linear">On vectors.</param>
    public VectorClassifier(LinearClassifier linear) => _linear = linear;

    /// <summary>The number of scores.</summary>
    public int Outputs => _linear.Bias.Length;

    /// <summary>The number of values that it reads.</summary>
    public int Width => _linear.Weight.Length / Outputs;

    /// <summary>Weights and biases.</summary>
    public long ParameterCount => _linear.Weight.Length + _linear.Bias.Length;

    /// <summary>Whether a folder has one.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>What the classifier reads of a feature.</summary>
    /// <param name="table">Vectors of tokens.</param>
    /// <param name="ids">The ids of its tokens.</param>
    /// <param name="segments">0, of a second text 1.</param>
    /// <param name="vector">Written: [width], or [4 · width] of a pair.</param>
    public static void Read(StaticTable table, ReadOnlySpan<int> ids, ReadOnlySpan<int> segments, Span<float> vector)
    {
        int width = table.Width;
        if (vector.Length == width)
        {
            table.Mean(ids, vector);
            return;
        }

        int first = segments.IndexOf(1);
        if (first < 0) first = ids.Length;
        Span<float> u = vector[..width], v = vector.Slice(width, width);
        table.Mean(ids[..first], u);
        table.Mean(ids[first..], v);
        for (int i = 0; i < width; i++) (vector[(2 * width) + i], vector[(3 * width) + i]) = (MathF.Abs(u[i] - v[i]), u[i] * v[i]);
    }

    /// <summary>The scores of a vector.</summary>
    public float[] Score(ReadOnlySpan<float> vector) => _linear.Score(vector)[0];

    /// <summary>Writes the file.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder) => SafetensorsWriter.Write(Path.Combine(folder, FileName),
    [
        TensorToWrite.FromSingles(WeightName, [Outputs, Width], _linear.Weight),
        TensorToWrite.FromSingles(BiasName, [Outputs], _linear.Bias),
    ]);

    /// <summary>Reads the file.</summary>
    /// <param name="folder">The folder of the model.</param>
    /// <param name="labels">The number of scores that config.json asks for.</param>
    /// <param name="width">Values in a text's vector.</param>
    /// <exception cref="InputException">It is damaged, or is for other labels or vectors.</exception>
    public static VectorClassifier Load(string folder, int labels, int width)
    {
        using Checkpoint file = Checkpoint.Open(Path.Combine(folder, FileName));
        StoredTensor weight = file[WeightName],
            bias = file[BiasName];
        if (
            !bias.Shape.SequenceEqual([labels])
            || !(weight.Shape.SequenceEqual([labels, width]) || weight.Shape.SequenceEqual([labels, PairParts * width]))
        )
            throw new InputException(
                $"{file.FilePath}: {WeightName} and {BiasName} do not fit {labels} labels and vectors of {width} values"
            );
        return new VectorClassifier(new LinearClassifier(weight.ToSingles(), bias.ToSingles()));
    }
}
