using Graft.Backbones;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// ELECTRA: a generator learns to fill masked places, the discriminator (the model that is kept) tells its samples from the text. Both
/// learn in the same update; no gradient goes through the sampling. Loss = generator's MLM + 50 · discriminator's.
/// </summary>
/// <param name="generator">A small masked language model of the same vocabulary; trained beside the model, disposed with the run.</param>
/// <param name="masking">How places are chosen.</param>
/// <param name="vocabulary">Specials, words and the mask.</param>
internal sealed class ReplacedTokensObjective(PretrainedModel generator, MaskedLmOptions masking, MaskingVocabulary vocabulary)
    : PretrainingObjective
{
    private readonly MaskedObjective _masked = new(masking, vocabulary);
    private nn.Module? _both;

    public override string Head => HeadKinds.ReplacedTokens;

    public override IReadOnlyList<string> LossTerms => ["mlm", "rtd"];

    public override double HeadShare => masking.Share;

    public override nn.Module Trained(PretrainedModel model) => _both ??= new Pair(model.Module, generator.Module);

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed) => _masked.Corrupt(sequence, seed);

    public override double[] Counts(PretrainingBatch batch) => [_masked.Counts(batch)[0], batch.Tokens];

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        Tensor filled = Run(generator, batch.Input(seed)).LastHiddenState;
        ClassScores masked = MaskedObjective.MaskedTokens((LanguageModelHead)generator.Head!, filled, batch);
        (List<int[]> ids, Tensor labels) = Replace(batch, masked.Logits, seed ?? 0);
        Layers.EncoderInput input = batch.Input(seed is null ? null : CounterRandom.Key(seed.Value, 1), ids);
        Tensor judged = model.Head!.Forward(Run(model, input), input).Logits!.reshape(-1); // [tokens]
        return [masked, new ClassScores("rtd", judged, labels, ReplacedTokenDetection.PublishedWeight)];
    }

    public override void SaveCompanions(string folder) => generator.Save(Path.Combine(folder, "generator"));

    /// <summary>The text with a sample of the generator in every masked place.</summary>
    private static (List<int[]> Ids, Tensor Labels) Replace(PretrainingBatch batch, Tensor logits, ulong seed)
    {
        float[] scores = logits.ToSingles();
        int vocabulary = (int)logits.shape[1], row = 0;
        List<int[]> ids = [];
        List<long> labels = [];
        for (int i = 0; i < batch.Sequences.Count; i++)
        {
            CorruptedSequence sequence = batch.Sequences[i];
            CounterRandom random = new(CounterRandom.Key(seed, (ulong)(batch.FirstPlace + i), 2));
            int[] samples = new int[sequence.Positions.Length];
            for (int k = 0; k < samples.Length; k++)
                samples[k] = ReplacedTokenDetection.Sample(scores.AsSpan(row++ * vocabulary, vocabulary), ref random);
            (int[] replaced, bool[] isReplaced) = ReplacedTokenDetection.Replace(sequence.Original, sequence.Positions, samples);
            ids.Add(replaced);
            labels.AddRange(isReplaced.Select(value => value ? 1L : 0L));
        }

        return (ids, tensor(labels.ToArray(), ScalarType.Int64));
    }

    /// <summary>Both models' parameters, as the trainer wants them.</summary>
    private sealed class Pair : nn.Module
    {
        public Pair(nn.Module discriminator, nn.Module generator)
            : base(nameof(Pair))
        {
            register_module("discriminator", discriminator);
            register_module("generator", generator);
        }
    }
}
