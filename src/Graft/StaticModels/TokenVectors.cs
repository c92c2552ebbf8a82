using System.Numerics.Tensors;
using System.Text.RegularExpressions;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;
using Tensor = TorchSharp.torch.Tensor;

namespace Graft.StaticModels;

/// <summary>
/// model2vec's recipe (Tulkens and van Dongen 2024): each token goes through the teacher by itself, principal components are taken of what
/// comes out, and frequent tokens count less (smooth inverse frequency, Arora et al. 2017, with frequencies by Zipf's law of the
/// vocabulary's order).
/// </summary>
internal sealed partial class TokenVectors
{
    /// <summary>What frequencies are compared with.</summary>
    public const double Smoothing = 1e-4;

    private const int AtOnce = 4096;
    private readonly float[] _mean, _directions; // [wide], [width, wide]

    private TokenVectors(float[] values, int width, float[] mean, float[] directions) =>
        (Values, Width, _mean, _directions) = (values, width, mean, directions);

    /// <summary>[tokens, width].</summary>
    public float[] Values { get; }

    /// <summary>Values in a vector.</summary>
    public int Width { get; }

    /// <summary>The vectors of all tokens of a teacher.</summary>
    /// <param name="teacher">Opened for vectors: the mean of token states, of any length.</param>
    /// <param name="dimensions">Principal components to keep.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static TokenVectors Of(IScorer teacher, int dimensions, CancellationToken cancellationToken)
    {
        Tokenizer tokenizer = teacher.Tokenizer;
        TokenizedText around = tokenizer.Encode("a");
        int first = Array.IndexOf(around.SequenceIds, 0), last = Array.LastIndexOf(around.SequenceIds, 0), count = tokenizer.IdEnd;
        (int[] before, int[] after) = first < 0 ? ([], []) : (around.Ids[..first], around.Ids[(last + 1)..]);
        int wide = teacher.Model.VectorSize;
        float[] states = new float[count * wide];
        foreach (int[] ids in Enumerable.Range(0, count).Chunk(AtOnce))
        {
            FeatureScores[] batch = teacher.Score([.. ids.Select(id => FeatureOf([.. before, id, .. after]))], cancellationToken);
            for (int i = 0; i < ids.Length; i++) batch[i].Values.CopyTo(states.AsSpan(ids[i] * wide));
        }

        return Weighted(
            states,
            wide,
            Math.Min(dimensions, wide),
            [.. Enumerable.Range(0, count).Select(id => tokenizer.IdToToken(id) is string token && !Unused().IsMatch(token))]
        );
    }

    /// <summary>A vector of the teacher in the same directions.</summary>
    public float[] Project(ReadOnlySpan<float> vector)
    {
        float[] centred = new float[_mean.Length], projected = new float[Width];
        TensorPrimitives.Subtract(vector, _mean, centred);
        for (int i = 0; i < Width; i++)
            projected[i] = TensorPrimitives.Dot<float>(centred, _directions.AsSpan(i * centred.Length, centred.Length));
        return projected;
    }

    /// <summary>Projects on the principal components of the counted rows, and weighs each row by its rank among them.</summary>
    internal static TokenVectors Weighted(float[] states, int wide, int width, bool[] counted)
    {
        using IDisposable noGradient = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        Tensor all = tensor(states, [counted.Length, wide]), used = all[tensor(counted)], mean = used.mean([0]);
        Tensor centred = used - mean;
        (_, Tensor directions) = linalg.eigh(centred.transpose(0, 1).mm(centred).to(ScalarType.Float64)); // eigenvalues ascend
        Tensor strongest = directions.narrow(1, wide - width, width).flip(1).to(ScalarType.Float32);
        float[] projected = [.. (all - mean).mm(strongest).data<float>()];
        double harmonic = 0;
        int kept = counted.Count(one => one);
        for (int rank = 2; rank < kept + 2; rank++) harmonic += 1.0 / rank;
        for (int id = 0, rank = 2; id < counted.Length; id++)
        {
            double probability = 1 / (rank * harmonic);
            float weight = counted[id] ? (float)(Smoothing / (Smoothing + probability)) : 0;
            if (counted[id]) rank++;
            foreach (ref float value in projected.AsSpan(id * width, width)) value *= weight;
        }

        return new TokenVectors(projected, width, [.. mean.data<float>()], [.. strongest.transpose(0, 1).contiguous().data<float>()]);
    }

    private static Feature FeatureOf(int[] ids) => new() { Example = 0, Ids = ids, TypeIds = new int[ids.Length] };

    [GeneratedRegex(@"^\[unused\d+\]$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Unused();
}
