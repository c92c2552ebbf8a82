using Graft.Torch.Compute;
using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Graft.Torch.Optimizers.AdamW;

namespace Graft.Benchmarks;

/// <summary>adamw-step: 109 M parameters, against a copy with the same 28 bytes of traffic a parameter (14 read, 14 written).</summary>
internal static class OptimizerBenchmark
{
    private const long Parameters = 109_482_240, Traffic = 28;

    /// <summary>Milliseconds of one step.</summary>
    public static Measurement Run(BenchmarkOptions options)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        Parameter parameter = new(full(Parameters, 0.01f));
        using FlatParameters flat = new([new TrainedParameter("weight", parameter, Decays: true)]);
        using AdamW adam = new(flat, new AdamWOptions());
        flat.Gradient.fill_(1e-3);
        Tensor source = zeros(Parameters * Traffic / 8, ScalarType.Float32), target = empty_like(source);
        double copy = BenchmarkRunner.Fastest(() => target.copy_(source), options.Repetitions);
        double step = BenchmarkRunner.Fastest(() => adam.Step(1e-4, 0.5), options.Repetitions);
        copy = Math.Min(copy, BenchmarkRunner.Fastest(() => target.copy_(source), options.Repetitions));
        return new Measurement(step, 0, step * 1e3, "ms", copy);
    }
}
