using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>T5's span corruption: the encoder sees the text with its sentinels, the decoder writes what they stand for.</summary>
/// <param name="options">Share and mean length.</param>
/// <param name="sentinels">The sentinels' ids in the order of use.</param>
/// <param name="endId">&lt;/s&gt;.</param>
/// <param name="padId">Padding, and what the decoder starts with.</param>
internal sealed class SpanCorruptionObjective(SpanCorruptionOptions options, IReadOnlyList<int> sentinels, int endId, int padId)
    : PretrainingObjective
{
    public override string Head => HeadKinds.SequenceToSequence;

    public override IReadOnlyList<string> LossTerms => ["denoising"];

    public override bool FramesSequences => false;

    public override double HeadShare => options.Share;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed)
    {
        CounterRandom random = new(CounterRandom.Key(seed, sequence.Number, sequence.Visit));
        (int[] input, int[] target) = SpanCorruption.Corrupt(sequence.Ids, sentinels, endId, options, ref random);
        return new CorruptedSequence(input, [], []) { Original = sequence.Ids, DecoderTargets = target };
    }

    public override double[] Counts(PretrainingBatch batch) => [batch.Sequences.Sum(sequence => sequence.DecoderTargets!.Length)];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        EncoderInput input = batch.Padded(seed, [.. batch.Sequences.Select(sequence => sequence.Ids)], padId) with
        {
            Decoder = batch.Padded(
                seed is null ? null : seed + 1,
                [
                    .. batch.Sequences.Select(sequence =>
                        (int[])[padId, .. sequence.DecoderTargets!.AsSpan(0, sequence.DecoderTargets!.Length - 1)]
                    ),
                ],
                padId
            ),
        };
        Tensor states = Run(model, input).LastHiddenState; // [B, T, D]
        long width = states.shape[1];
        Tensor rows = tensor(
            batch
                .Sequences.SelectMany((sequence, i) => Enumerable.Range(0, sequence.DecoderTargets!.Length).Select(t => (i * width) + t))
                .ToArray(),
            ScalarType.Int64
        );
        Tensor written = states.reshape(-1, states.shape[2]).index_select(0, rows);
        return
        [
            new ClassScores(
                "denoising",
                ((LanguageModelHead)model.Head!).Score(written),
                batch.Values(sequence => sequence.DecoderTargets!)
            ),
        ];
    }
}
