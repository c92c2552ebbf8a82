using Graft.Pretrained;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks.Contrastive;

/// <summary>The vectors of texts by a model with an embedding head, [texts, D].</summary>
internal static class TextVectors
{
    public static float[] Of(PretrainedModel model, IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
    {
        Collator collator = Collator.Of(BatchLayout.Packed, model);
        float[] vectors = [];
        int width = 0;
        foreach (int[] places in LengthBatches.Of(features))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable inference = inference_mode();
            using ComputeScope computing = model.Enter();
            using DisposeScope scope = NewDisposeScope();
            float[] rows = model.Forward(collator.Input([.. places.Select(i => features[i])])).Scores!.Logits!.ToSingles();
            if (width == 0)
                (width, vectors) = (rows.Length / places.Length, new float[(long)features.Count * (rows.Length / places.Length)]);
            for (int i = 0; i < places.Length; i++)
                rows.AsSpan(i * width, width).CopyTo(vectors.AsSpan(places[i] * width, width));
        }

        return vectors;
    }
}
