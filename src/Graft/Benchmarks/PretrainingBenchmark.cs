using System.Diagnostics;
using Graft.Backbones;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Torch.Compute;
using Graft.Torch.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using Optimizer = Graft.Torch.Optimizers.Optimizer;

namespace Graft.Benchmarks;

/// <summary>
/// Updates of masked-LM pre-training as <c>graft pretrain</c> makes them: the shipped small architecture, 32 × 128 tokens, 20 % masked, no
/// dropout. Random tokens: only their number costs time.
/// </summary>
internal sealed class PretrainingBenchmark : IDisposable
{
    private const int Sequences = 32, Length = 128, Mask = 4, Specials = 5;
    private static readonly string[] s_parts = ["data", "forward", "head", "backward", "optimizer"];
    private readonly PretrainedModel _model;
    private readonly MaskedObjective _objective;
    private readonly FlatParameters _flat;
    private readonly Optimizer _optimizer;
    private readonly Dictionary<string, double> _fastest = s_parts.ToDictionary(
        part => part,
        _ => double.PositiveInfinity,
        StringComparer.Ordinal
    );
    private long _mark;

    private double Operations => StepCost.FlopsPerToken(_model.Backbone, Length, 0.2) * Sequences * Length;

    private PretrainingBenchmark(bool muon)
    {
        _model = PretrainedModel.Create(ShippedConfigs.Read("modernbert-small"), HeadKinds.MaskedLm);
        int vocabulary = _model.Config.VocabularySize;
        _objective = new MaskedObjective(
            new MaskedLmOptions { Share = 0.2 },
            new MaskingVocabulary(vocabulary, Mask, Enumerable.Range(0, Specials), _ => false)
        );
        PretrainingTask task = new(_model, _objective);
        _flat = new FlatParameters([
            .. _model.Parameters.Select(p => new TrainedParameter(
                p.Name,
                p.Value,
                p.Value.dim() > 1,
                Matrices: task.HiddenMatrices(p.Value)
            )),
        ]);
        _optimizer = muon
            ? new Muon(_flat, new MuonOptions(), new AdamWOptions())
            : new Graft.Torch.Optimizers.AdamW(_flat, new AdamWOptions());
    }

    /// <summary>pretrain-small: with AdamW; milliseconds an update.</summary>
    public static Measurement AdamW(BenchmarkOptions options) => Measure(muon: false, options);

    /// <summary>pretrain-small-muon: with Muon.</summary>
    public static Measurement Muon(BenchmarkOptions options) => Measure(muon: true, options);

    /// <summary>pretrain-small-bf16: with bfloat16 products, on any processor; ratio: time ÷ that of fp32, updates in turn.</summary>
    public static Measurement Bf16(BenchmarkOptions options)
    {
        using PretrainingBenchmark benchmark = new(muon: false);
        Dictionary<Precision, double> best = new()
        {
            [Precision.Fp32] = double.PositiveInfinity,
            [Precision.Bf16] = double.PositiveInfinity,
        };
        ulong step = 0;
        for (int round = -2; round < options.Repetitions; round++)
        {
            foreach (Precision precision in new[] { Precision.Fp32, Precision.Bf16 })
            {
                using ComputeScope computing = (ComputeContext.Current with { Precision = precision }).Enter();
                double seconds = benchmark.Update(step++);
                if (round >= 0) best[precision] = Math.Min(best[precision], seconds);
            }
        }

        return new Measurement(best[Precision.Bf16], benchmark.Operations, best[Precision.Bf16] * 1e3, "ms", best[Precision.Fp32]);
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _flat.Dispose();
        _model.Dispose();
    }

    private static Measurement Measure(bool muon, BenchmarkOptions options)
    {
        using PretrainingBenchmark benchmark = new(muon);
        for (ulong warmUp = 0; warmUp < 2; warmUp++) benchmark.Update(warmUp);
        foreach (string part in s_parts) benchmark._fastest[part] = double.PositiveInfinity;
        double best = double.PositiveInfinity;
        for (int repetition = 0; repetition < options.Repetitions; repetition++)
            best = Math.Min(best, benchmark.Update((ulong)repetition + 2));
        return new Measurement(best, benchmark.Operations, best * 1e3, "ms")
        {
            Parts = benchmark._fastest.ToDictionary(part => part.Key, part => part.Value * 1e3, StringComparer.Ordinal),
        };
    }

    /// <summary>One update, as the trainer makes it.</summary>
    /// <returns>The seconds.</returns>
    private double Update(ulong step)
    {
        long start = _mark = Stopwatch.GetTimestamp();
        using DisposeScope scope = NewDisposeScope();
        PretrainingBatch batch = Batch(step);
        Count("data");
        Tensor states = _model.Backbone.Forward(batch.Input(step)).LastHiddenState;
        Count("forward");
        Tensor loss = MaskedObjective.MaskedTokens((LanguageModelHead)_model.Head!, states, batch).LossSum() / batch.Counts[0];
        loss.item<float>();
        Count("head");
        _flat.ZeroGradients();
        loss.backward();
        Count("backward");
        _optimizer.Step(1e-4, FlatParameters.ClipFactor(_flat.GradientNorm(), 1));
        Count("optimizer");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private PretrainingBatch Batch(ulong step)
    {
        CounterRandom random = new(CounterRandom.Key(7, step));
        List<CorruptedSequence> sequences = [];
        for (int s = 0; s < Sequences; s++)
        {
            int[] ids = new int[Length];
            for (int t = 0; t < Length; t++) ids[t] = Specials + random.NextInt(_model.Config.VocabularySize - Specials);
            sequences.Add(_objective.Corrupt(new TrainingSequence(ids, (step * Sequences) + (ulong)s, 0), seed: 1));
        }

        return _objective.Batch(sequences);
    }

    private void Count(string part)
    {
        long now = Stopwatch.GetTimestamp();
        _fastest[part] = Math.Min(_fastest[part], Stopwatch.GetElapsedTime(_mark, now).TotalSeconds);
        _mark = now;
    }
}
