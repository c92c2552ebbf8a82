using System.Runtime.InteropServices;
using System.Text;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Compute;
using Microsoft.Extensions.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tasks.FrozenFeatures;

/// <summary>
/// What a frozen backbone makes of texts: one vector a feature, computed once and kept on disk. A table is found again by the model's
/// weights, the token ids and the options, so other data, another tokenizer or another length limit make another table.
/// </summary>
internal sealed class FeatureTable
{
    private const string TensorName = "vectors";

    private FeatureTable(float[] vectors, int width) => (Vectors, Width) = (vectors, width);

    /// <summary>[features, width], row-major.</summary>
    public float[] Vectors { get; }

    public int Width { get; }

    /// <summary>Where tables are kept: GRAFT_CACHE, or the user's cache folder.</summary>
    public static string Folder
    {
        get
        {
            string? own = Environment.GetEnvironmentVariable("GRAFT_CACHE"),
                shared = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
            string parent = own is { Length: > 0 }
                ? own
                : Path.Combine(
                    shared is { Length: > 0 }
                        ? shared
                        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
                    "graft"
                );
            return Path.Combine(parent, "features");
        }
    }

    /// <summary>The vectors of features: from disk, or computed and kept there.</summary>
    /// <param name="model">Opened only where something must be computed.</param>
    /// <param name="modelHash">The SHA-256 of its weights.</param>
    /// <param name="features">The texts.</param>
    /// <param name="options">Layers and pooling.</param>
    /// <param name="logger">Told where they come from.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public static FeatureTable Of(
        Lazy<PretrainedModel> model,
        string modelHash,
        IReadOnlyList<Feature> features,
        FeatureOptions options,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        string path = Path.Combine(Folder, Key(modelHash, features, options) + ".safetensors");
        if (Read(path, features.Count) is FeatureTable kept)
        {
            logger.Tell($"features of {features.Count} texts from {path}");
            return kept;
        }

        FeatureTable computed = Compute(model.Value, features, options, cancellationToken);
        try
        {
            SafetensorsWriter.Write(path, [TensorToWrite.FromSingles(TensorName, [features.Count, computed.Width], computed.Vectors)]);
            logger.Tell($"features of {features.Count} texts are kept in {path}");
        }
        catch (RunFailedException failure) // a user without a home folder, a full disk: the next run computes them again
        {
            logger.Tell($"features are not kept: {failure.Message} (GRAFT_CACHE names another folder)");
        }

        return computed;
    }

    private static FeatureTable? Read(string path, int count)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            StoredTensor stored = checkpoint[TensorName];
            return stored.Shape.Length == 2 && stored.Shape[0] == count ? new FeatureTable(stored.ToSingles(), (int)stored.Shape[1]) : null;
        }
        catch (CheckpointException)
        {
            return null; // damaged: it is computed again
        }
    }

    /// <summary>Batches of about equally long texts; what a text gives does not depend on its neighbours.</summary>
    private static FeatureTable Compute(
        PretrainedModel model,
        IReadOnlyList<Feature> features,
        FeatureOptions options,
        CancellationToken cancellationToken
    )
    {
        Collator collator = Collator.Of(BatchLayout.Packed, model);
        int width = options.Layers.Count * model.Config.HiddenSize;
        float[] vectors = new float[(long)features.Count * width];
        foreach (int[] places in LengthBatches.Of(features))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable inference = inference_mode();
            using ComputeScope computing = model.Enter();
            using DisposeScope scope = NewDisposeScope();
            EncoderInput input = collator.Input([.. places.Select(i => features[i])]) with
            {
                OutputHiddenStates = options.NeedsHiddenStates,
            };
            Tensor batch = options.Vectors(model.Backbone.Forward(input), input).contiguous();
            ReadOnlySpan<float> rows = MemoryMarshal.Cast<byte, float>(batch.bytes);
            for (int i = 0; i < places.Length; i++) rows.Slice(i * width, width).CopyTo(vectors.AsSpan(places[i] * width, width));
        }

        return new FeatureTable(vectors, width);
    }

    private static string Key(string modelHash, IReadOnlyList<Feature> features, FeatureOptions options)
    {
        using Sha256 hash = new();
        hash.Append(Encoding.UTF8.GetBytes($"{modelHash} {options.Describe()} {features.Count}"));
        foreach (Feature feature in features)
        {
            hash.Append(MemoryMarshal.AsBytes<int>(feature.Ids));
            hash.Append(MemoryMarshal.AsBytes<int>(feature.TypeIds));
            hash.Append([0xFF]);
        }

        return hash.Finish();
    }
}
