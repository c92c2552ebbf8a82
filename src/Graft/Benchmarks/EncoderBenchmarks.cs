using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Backbones.Bert;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Compute;
using Graft.Torch.Dropout;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;
using AdamW = Graft.Torch.Optimizers.AdamW;

namespace Graft.Benchmarks;

/// <summary>
/// Encoders on random tokens: whole training steps and forward passes through the project's own model, losses and optimizer.
/// </summary>
internal static class EncoderBenchmarks
{
    private const int Tokens = 128, Rows = 1024;

    /// <summary>bert-base-training: 16 × 128, dropout 0.1, clip and AdamW included; milliseconds a step.</summary>
    public static Measurement BertTraining(BenchmarkOptions options) => Train(Bert(12, 768, 12, 3072, 30522, 0.1), 16, options);

    /// <summary>bert-base-inference: 8 × 128; milliseconds a batch.</summary>
    public static Measurement BertInference(BenchmarkOptions options)
    {
        BertConfig config = Bert(12, 768, 12, 3072, 30522, 0.1);
        using PretrainedModel model = PretrainedModel.Create(config, HeadKinds.SequenceClassification);
        using DisposeScope outer = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        EncoderInput input = Random(config, 8, 0);
        double seconds = BenchmarkRunner.Fastest(
            () =>
            {
                using DisposeScope scope = NewDisposeScope();
                model.Forward(input);
            },
            options.Repetitions * 2);
        return new Measurement(seconds, 2 * Products(config, 8 * Tokens), seconds * 1e3, "ms");
    }

    /// <summary>
    /// linear-long-rows: 1,024 rows of 3,072 values to 768, through oneDNN as a layer does it; the baseline is oneDNN's product of the
    /// weight as it lies.
    /// </summary>
    public static Measurement LongRows(BenchmarkOptions options)
    {
        Engine.Start();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = randn(Rows, 3072),
            weight = randn(768, 3072);
        double baseline = BenchmarkRunner.Fastest(
            () => Dispatcher.LinearPointwise(x, weight, null, "none"u8, default).Dispose(),
            10 * options.Repetitions
        );
        double seconds = BenchmarkRunner.Fastest(() => MatrixProduct.OneDnnLinear(x, weight, null).Dispose(), 10 * options.Repetitions);
        return new Measurement(seconds, 2.0 * Rows * 3072 * 768, seconds * 1e3, "ms", baseline);
    }

    private static Measurement Train(BertConfig config, int sequences, BenchmarkOptions options)
    {
        using PretrainedModel model = PretrainedModel.Create(config, HeadKinds.SequenceClassification);
        using FlatParameters flat = new([.. model.Parameters.Select(p => new TrainedParameter(p.Name, p.Value, p.Value.dim() > 1))]);
        using AdamW adam = new(flat, new AdamWOptions());
        ulong step = 0;
        double seconds = BenchmarkRunner.Fastest(() => Update(model, flat, adam, sequences, step++), options.Repetitions, warmUp: 2);
        return new Measurement(seconds, 6 * Products(config, sequences * Tokens), seconds * 1e3, "ms");
    }

    /// <summary>One update as the trainer makes it.</summary>
    private static void Update(PretrainedModel model, FlatParameters flat, AdamW adam, int sequences, ulong step)
    {
        using DisposeScope scope = NewDisposeScope();
        flat.ZeroGradients();
        EncoderInput input = Random(model.Config, sequences, step);
        Targets targets = new() { Labels = tensor([.. Enumerable.Range(0, sequences).Select(s => (long)(s % 2))]) };
        LossTerm.Total(model.Head!.Losses(model.Forward(input, targets).Scores!, input, targets)).backward();
        adam.Step(1e-5, FlatParameters.ClipFactor(flat.GradientNorm(), 1));
    }

    /// <summary>Multiply-adds of a forward pass: the encoder's matrices and attention of sequences of 128.</summary>
    private static double Products(BertConfig config, double tokens)
    {
        double width = config.HiddenSize, layers = config.LayerCount, intermediate = config.IntermediateSize;
        return tokens * ((layers * ((4 * width * width) + (2 * width * intermediate))) + (2 * layers * Tokens * width));
    }

    internal static BertConfig Bert(int layers, int width, int heads, int intermediate, int vocabulary, double dropout)
    {
        JsonObject sizes = new()
        {
            ["num_hidden_layers"] = layers,
            ["hidden_size"] = width,
            ["num_attention_heads"] = heads,
            ["intermediate_size"] = intermediate,
            ["vocab_size"] = vocabulary,
            ["hidden_dropout_prob"] = dropout,
            ["attention_probs_dropout_prob"] = dropout,
        };
        return new BertConfig((JsonObject)JsonNode.Parse(sizes.ToJsonString())!); // as if read from a file
    }

    private static EncoderInput Random(ModelConfig config, int sequences, ulong step)
    {
        CounterRandom random = new(CounterRandom.Key(7, step));
        long[] ids = new long[sequences * Tokens];
        for (int i = 0; i < ids.Length; i++) ids[i] = 1 + random.NextInt(config.VocabularySize - 1);
        int[] boundaries = [.. Enumerable.Range(0, sequences + 1).Select(s => s * Tokens)];
        long[] numbers = [.. Enumerable.Range(0, sequences).Select(s => (long)s)];
        int[] lengths = [.. numbers.Select(_ => Tokens)];
        return new EncoderInput
        {
            InputIds = tensor(ids),
            Boundaries = boundaries,
            Dropout = is_grad_enabled() ? DropoutPlan.Packed(step, numbers, lengths) : null,
        };
    }
}
