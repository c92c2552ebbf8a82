using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Optimizers;
using Graft.Training;
using Graft.Tuning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Tasks.Contrastive;

/// <summary>An embedding model trained on pairs: (cosine − 1)² of equal ones, cosine² of others.</summary>
/// <param name="model">With an embedding head.</param>
/// <param name="module">What is trained.</param>
/// <param name="layers">How layers differ.</param>
internal sealed class ContrastiveTrainable(PretrainedModel model, Layer module, LayerSchedule layers) : ITrainable
{
    private readonly Collator _collator = Collator.Of(BatchLayout.Packed, model);
    private readonly LayerDepths _depths = new(model.Network);

    public nn.Module Module => module;

    public IReadOnlyList<string> LossTerms => ["loss"];

    public Tensor[] LossSums(IMicroBatch batch, StepContext context)
    {
        PairBatch pairs = (PairBatch)batch;
        EncoderInput input = _collator.NumberedInput(pairs.Texts, context.Seed, pairs.Sequences);
        Tensor vectors = nn.functional.normalize(model.Forward(input).Scores!.Logits!, 2.0, 1L); // [texts, D]
        Tensor cosines = (vectors.index_select(0, tensor(pairs.First)) * vectors.index_select(0, tensor(pairs.Second))).sum(-1); // [pairs]
        return [(cosines - tensor(pairs.Wanted)).square().sum()];
    }

    public double RateFactor(string parameter) => layers.RateFactor(_depths, parameter);

    public long StartsAt(string parameter, long updates) => layers.StartsAt(_depths, parameter, updates);

    public HiddenMatrices? HiddenMatrices(Parameter parameter) => model.Backbone.HiddenMatrices(parameter);
}
