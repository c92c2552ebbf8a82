using Graft.Layers;
using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Backbones;

/// <summary>A stack of Transformer layers of one family: token ids in, hidden states out.</summary>
public abstract class Backbone : Layer
{
    /// <summary>A backbone of a configuration.</summary>
    protected Backbone(ModelConfig config) => Config = config;

    /// <summary>What it was built from.</summary>
    public ModelConfig Config { get; }

    /// <summary>D.</summary>
    public int HiddenSize => Config.HiddenSize;

    /// <summary>The most tokens a text may have; null without a position table.</summary>
    public int? PositionLimit => Config.PositionLimit;

    /// <summary>
    /// False where the tokenizer's segments are not the model's input: GPT-2 adds a word's vector for a segment, and its tokenizer gives
    /// none.
    /// </summary>
    public virtual bool ReadsSegments => true;

    /// <summary>The table of word vectors, which heads may share.</summary>
    public abstract EmbeddingTable Words { get; }

    /// <summary>Whether it gives a pooled state.</summary>
    public virtual bool HasPooler => false;

    /// <summary>The normalised sums that enter the first layer (before such a matrix), […, E]; null where the family has none.</summary>
    internal virtual Tensor? NormalisedEmbeddings(EncoderInput input) => null;

    /// <summary>
    /// Uses the input tables of another backbone of the family from now on, where the family lets two share them (ELECTRA).
    /// </summary>
    internal virtual void ShareEmbeddings(Backbone other)
    {
    }

    /// <summary>The matrix that widens input vectors to the states; null where there is none.</summary>
    internal virtual Projection? Widen => null;

    /// <summary>The layers, in order; an encoder's before its decoder's.</summary>
    public abstract IReadOnlyList<TransformerBlock> Blocks { get; }

    /// <summary>The tuning slot of the input.</summary>
    public PromptSlot Prompt { get; } = new();

    /// <summary>
    /// Each layer keeps what enters it and is computed again in the backward pass: less memory, the same gradients, about a third more
    /// time.
    /// </summary>
    public bool GradientCheckpointing { get; set; }

    /// <summary>Hidden states of a batch.</summary>
    /// <exception cref="InputException">A text is longer than the position table, or an id is not in the vocabulary.</exception>
    /// <exception cref="ArgumentException">The input's tensors do not fit together.</exception>
    public abstract BackboneOutput Forward(EncoderInput input);

    /// <summary>Whether the graph of <see cref="Draw"/> takes the segments of tokens.</summary>
    internal virtual bool GraphReadsSegments => false;

    /// <summary>Draws the backbone as a graph: what <see cref="Forward"/> computes in evaluation, in the padded layout.</summary>
    /// <exception cref="InputException">The family, or what tuning has put into the model's slots, has no such graph.</exception>
    internal virtual GraphStates Draw(GraphContext graph) =>
        throw new InputException($"{Config.ModelType} models have no ONNX form: encoders have one, models that write text have none");

    /// <summary>Refuses a trained prompt, which a graph does not have.</summary>
    private protected void RequireNoPrompt()
    {
        if (Prompt.Tuning is not null)
            throw new InputException("the model has a trained prompt before its text (prompt tuning), which has no ONNX form");
    }

    /// <summary>The matrices of the layers, by their parameter; embeddings and what is beside the layers are none.</summary>
    internal HiddenMatrices? HiddenMatrices(Parameter parameter)
    {
        Projection? found = Blocks
            .SelectMany(block => block.Find<Projection>())
            .FirstOrDefault(found => ReferenceEquals(found.Layer.Weight, parameter))
            .Layer;
        return found is null ? null : new HiddenMatrices(found.Parts, found.IsTransposed);
    }

    /// <summary>The number of parameters, tied ones once.</summary>
    public long ParameterCount => Declared().Sum(parameter => parameter.Value.numel());

    /// <summary>
    /// Whether rows of a batch may use different adapters: not where something that all rows share passes through adapted projections.
    /// </summary>
    internal virtual bool MixesAdapters => true;

    /// <summary>The number of keys that prefix tuning puts before every layer of the text.</summary>
    protected int PrefixLength => Blocks.Count == 0 ? 0 : Blocks[0].SelfAttention.ExtraKeys;
}
