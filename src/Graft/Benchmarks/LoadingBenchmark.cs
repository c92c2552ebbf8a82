using Graft.Backbones;
using Graft.Pretrained;
using Graft.Torch.Compute;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Benchmarks;

/// <summary>
/// bert-base-loading: a folder with BERT-base's 438 MB of safetensors, in the page cache, against copying as many bytes within memory.
/// </summary>
internal static class LoadingBenchmark
{
    /// <summary>Milliseconds from the folder to a model that can be asked.</summary>
    public static Measurement Run(BenchmarkOptions options)
    {
        Engine.Start();
        string folder = Directory.CreateTempSubdirectory("graft-loading-").FullName;
        try
        {
            long parameters;
            using (PretrainedModel model = PretrainedModel.Create(EncoderBenchmarks.Bert(12, 768, 12, 3072, 30522, 0.1), HeadKinds.None))
            {
                parameters = model.ParameterCount;
                model.Save(folder);
            }

            double load = BenchmarkRunner.Fastest(
                () => PretrainedModel.Load(folder, new LoadOptions { Head = HeadKinds.None }).Dispose(),
                options.Repetitions
            );
            using DisposeScope scope = NewDisposeScope();
            Tensor source = zeros(parameters, ScalarType.Float32), target = empty_like(source);
            double copy = BenchmarkRunner.Fastest(() => target.copy_(source), options.Repetitions);
            return new Measurement(load, 0, load * 1e3, "ms", copy);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
