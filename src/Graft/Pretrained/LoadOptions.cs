using Graft.Backbones;
using Graft.Heads;
using Graft.Torch.Compute;

namespace Graft.Pretrained;

/// <summary>How a model folder is opened.</summary>
public sealed record LoadOptions
{
    /// <summary>The head wanted.</summary>
    /// <value>Null for the one the checkpoint was saved with.</value>
    public string? Head { get; init; }

    /// <summary>
    /// The labels of a classifying head, in order. Where they are others than the checkpoint's, the classifier begins anew.
    /// </summary>
    /// <value>Null for the checkpoint's.</value>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>"single_label_classification", "multi_label_classification" or "regression".</summary>
    /// <value>Null for the checkpoint's.</value>
    public string? ProblemType { get; init; }

    /// <summary>Dropout of all layers and the head.</summary>
    /// <value>Null for the checkpoint's.</value>
    public double? Dropout { get; init; }

    /// <summary>From token states to a text's vector, with <see cref="HeadKinds.Embedding"/>.</summary>
    /// <value>Null for what the folder's modules.json says, or the mean.</value>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors are brought to length 1, with <see cref="HeadKinds.Embedding"/>.</summary>
    /// <value>Null for what the folder's modules.json says, or false.</value>
    public bool? Normalize { get; init; }

    /// <summary>Draw every parameter and leave the checkpoint's weights alone: what pre-training is compared with.</summary>
    public bool FromScratch { get; init; }

    /// <summary>The model that an adapter folder is to be put on.</summary>
    /// <value>Null for the one that the adapter names.</value>
    public string? Base { get; init; }

    /// <summary>What a classifier on frozen features sees, in the place of the class's own head.</summary>
    /// <value>Null for the class's own head.</value>
    public FeatureOptions? Features { get; init; }

    /// <summary>How the model's forward passes are computed, whoever asks for them.</summary>
    /// <value>
    /// Null for the context of the thread that asks: a trainer's own while it trains the model, else <see cref="ComputeContext.Default"/>.
    /// </value>
    public ComputeContext? Compute { get; init; }

    /// <summary>Draws the parameters that the checkpoint lacks.</summary>
    public ulong Seed { get; init; } = 42;
}
