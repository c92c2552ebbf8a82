using System.Runtime.InteropServices;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Tasks.Embedding;
using Graft.Torch.Native;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>
/// What vectors are trained towards: the right partner among all second texts of the optimizer batch (Henderson et al. 2017, Reimers and
/// Gurevych 2019), −log softmax(20 · cosine); or for scored pairs the squared difference between cosine and score.
/// </summary>
internal sealed class EmbeddingObjective(SentenceEmbedding task) : TaskObjective
{
    private const double Sharpness = 20, Hidden = -1e9;
    private Feature[]? _of;
    private float[] _vectors = [];
    private long _step = -1;

    /// <inheritdoc/>
    public override bool SpansBatch => true;

    /// <summary>The stated similarities of scored pairs; the loss of other rows is measured against the batch itself.</summary>
    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        features[0].Target is NumberTarget ? new() { Labels = Wanted(features) } : new();

    /// <summary>The sum over the micro-batch, with the gradient of the whole optimizer batch's loss.</summary>
    public override Tensor LossSum(PretrainedModel model, Collator collator, FeatureBatch batch, StepContext context)
    {
        Tensor own = Vectors(model, collator, batch.Features, context.Seed, batch.First); // [parts of the micro-batch, D]
        int parts = PartsOf(batch.Features[0]);
        if (batch.Features[0].Target is NumberTarget) return Scored(own, batch.Features);
        if (batch.Features.Count == batch.Whole.Count) return Ranked(own, batch.Whole, parts).sum();

        // A cut batch still has all its negatives (Gao et al. 2021): the other parts' vectors are constants here, and their own turn gives
        // the rest of the gradient.
        Tensor others = Whole(model, collator, batch, context, own.shape[1]);
        long first = (long)batch.First * parts, last = first + own.shape[0];
        Tensor all = cat([others.slice(0, 0, first, 1), own, others.slice(0, last, others.shape[0], 1)], 0);
        Tensor losses = Ranked(all, batch.Whole, parts);
        Tensor share = losses.slice(0, batch.First, batch.First + batch.Features.Count, 1).sum().detach(), whole = losses.sum();
        return whole - whole.detach() + share;
    }

    /// <summary>One vector of length 1 for each part, [parts, D]; windows of a long text count by their mean.</summary>
    private static Tensor Vectors(
        PretrainedModel model,
        Collator collator,
        IReadOnlyList<Feature> features,
        ulong? seed = null,
        int first = 0
    )
    {
        Tensor rows = model.Forward(collator.Input(features, seed, first)).Scores!.Logits!;
        return nn.functional.normalize(Collator.PartMeans(rows, features), 2.0, 1L);
    }

    public override IReadOnlyList<FeatureScores> Score(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        EmbeddingHead head = (EmbeddingHead)model.Head!;
        Tensor vectors = Collator.PartMeans(model.Forward(collator.Input(features)).Scores!.Logits!, features);
        if (head.Normalizes) vectors = nn.functional.normalize(vectors, 2.0, 1L);
        int width = (int)vectors.shape[1], start = 0;
        float[] flat = vectors.ToSingles();
        return [.. features.Select(feature => new FeatureScores(flat[start..(start += width * PartsOf(feature))], width))];
    }

    public override void SaveCompanions(PretrainedModel model, string folder)
    {
        EmbeddingHead head = (EmbeddingHead)model.Head!;
        SentenceTransformersLayout.Write(folder, head, model.Backbone);
    }

    private static int PartsOf(Feature feature) => feature.WindowsOfParts.Count;

    /// <summary>−log of the share that each first text gives its own second text, [examples].</summary>
    private static Tensor Ranked(Tensor vectors, IReadOnlyList<Feature> features, int parts)
    {
        long[] rows = [.. Enumerable.Range(0, features.Count).Select(i => (long)i * parts)];
        Tensor anchors = vectors.index_select(0, tensor(rows));
        Tensor candidates = cat(
            [
                .. Enumerable
                    .Range(1, parts - 1)
                    .Select(part => vectors.index_select(0, tensor((long[])[.. rows.Select(row => row + part)]))),
            ],
            0
        );
        Tensor scores = nn.functional.linear(anchors, candidates) * Sharpness; // [B, (parts − 1) · B]
        if (Twins(features) is { } twins) scores = scores.masked_fill(twins, Hidden);
        return nn.functional.cross_entropy(scores, arange(features.Count, ScalarType.Int64), reduction: nn.Reduction.None);
    }

    /// <summary>
    /// Candidates that are word for word the right partner or the text itself are no negatives; null where there are none.
    /// </summary>
    private static Tensor? Twins(IReadOnlyList<Feature> features)
    {
        string[][] texts = [.. features.Select(Texts)];
        int parts = texts[0].Length, count = features.Count;
        bool[] twins = new bool[count * (parts - 1) * count];
        for (int i = 0; i < count; i++)
        {
            for (int candidate = 0; candidate < (parts - 1) * count; candidate++)
            {
                if (candidate == i) continue;
                string text = texts[candidate % count][1 + (candidate / count)];
                twins[(i * (parts - 1) * count) + candidate] = text == texts[i][1] || text == texts[i][0];
            }
        }

        return Array.Exists(twins, twin => twin) ? tensor(twins, [count, (parts - 1) * count]) : null;
    }

    /// <summary>The ids of each part as a key.</summary>
    private static string[] Texts(Feature feature)
    {
        string[] keys = new string[feature.WindowsOfParts.Count];
        int window = 0, token = 0;
        for (int part = 0; part < keys.Length; part++)
        {
            int length = feature.SequenceLengths.Skip(window).Take(feature.WindowsOfParts[part]).Sum();
            keys[part] = new string(MemoryMarshal.Cast<int, char>(feature.Ids.AsSpan(token, length)));
            window += feature.WindowsOfParts[part];
            token += length;
        }

        return keys;
    }

    private Tensor Scored(Tensor vectors, IReadOnlyList<Feature> features)
    {
        Tensor pairs = vectors.view(features.Count, 2, -1);
        Tensor cosines = (pairs.select(1, 0) * pairs.select(1, 1)).sum(-1);
        return (cosines - Wanted(features)).square().sum();
    }

    /// <summary>Stated similarities divided by the one that means "the same", [examples].</summary>
    private Tensor Wanted(IReadOnlyList<Feature> features) =>
        tensor((float[])[.. features.Select(feature => ((NumberTarget)feature.Target!).Value / (float)task.Scale)]);

    /// <summary>The vectors of the whole optimizer batch without gradients, computed once an update.</summary>
    private Tensor Whole(PretrainedModel model, Collator collator, FeatureBatch batch, StepContext context, long width)
    {
        if (_step != context.Step || !ReferenceEquals(_of, batch.Whole))
        {
            using IDisposable noGradient = no_grad();
            List<float> vectors = [];
            for (int first = 0; first < batch.Whole.Count; first += batch.Features.Count)
            {
                using DisposeScope scope = NewDisposeScope();
                Feature[] part = [.. batch.Whole.Skip(first).Take(batch.Features.Count)];
                vectors.AddRange(Vectors(model, collator, part, context.Seed, first).ToSingles());
            }

            (_step, _of, _vectors) = (context.Step, (Feature[])batch.Whole, [.. vectors]);
        }

        return tensor(_vectors, [_vectors.Length / width, width]);
    }
}
