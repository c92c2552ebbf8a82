using Graft.Backbones;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Tests.Contracts;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Training;

/// <summary>The gradient of an optimizer batch is that of its mean over all counted tokens, however it is cut.</summary>
public sealed class ExactAccumulationTests
{
    private const int BatchSize = 32;

    [Theory]
    [InlineData("bert", 0)]
    [InlineData("bert", 0.1)]
    [InlineData("modernbert", 0.1)]
    public void OneOf32EqualsFourOf8Equals32Of1(string family, double dropout)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor whole = Gradient(family, dropout, 1);
        float largest = whole.abs().max().item<float>();
        Assert.True(largest > 0);
        foreach (int parts in new[] { 4, 32 })
        {
            float difference = (Gradient(family, dropout, parts) - whole).abs().max().item<float>();
            Assert.True(
                difference <= 1e-6 * largest,
                $"{family}, dropout {dropout}, {parts} parts: {difference:g3} at gradients up to {largest:g3}"
            );
        }
    }

    private static Tensor Gradient(string family, double dropout, int parts)
    {
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family).WithDropout(dropout), HeadKinds.MaskedLm, 3);
        MaskedObjective objective = new(new MaskedLmOptions(), new MaskingVocabulary(TinyModels.Vocabulary, 3, [0, 1, 2], _ => false));
        PretrainingBatches batches = new(new UnevenSequences(), objective, 7, BatchSize, parts);
        using Trainer trainer = new(
            new PretrainingTask(model, objective),
            batches,
            new TrainingOptions
            {
                Steps = 1,
                Schedule = new Schedule { Warmup = 0 },
            }
        );
        trainer.Run(TestContext.Current.CancellationToken);
        return cat([
            .. model.Parameters.Where(parameter => parameter.Value.grad is not null).Select(parameter => parameter.Value.grad!.flatten()),
        ]);
    }

    /// <summary>Lengths from 6 to 37: the parts count different numbers of tokens.</summary>
    private sealed class UnevenSequences : ISequenceSource
    {
        public long PerEpoch => BatchSize;

        public IReadOnlyList<TrainingSequence> At(long index)
        {
            CounterRandom random = new(CounterRandom.Key(1, (ulong)index));
            return
            [
                new TrainingSequence(
                    [.. Enumerable.Range(0, 6 + (int)index).Select(_ => 4 + random.NextInt(TinyModels.Vocabulary - 4))],
                    (ulong)index,
                    0
                ),
            ];
        }
    }
}
