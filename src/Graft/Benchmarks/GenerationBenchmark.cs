using System.Diagnostics;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Generation;
using Graft.Pretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Benchmarks;

/// <summary>
/// generate-gpt2-small: one text, token by token. Every token reads every matrix once, so memory is the bound: the baseline is the time
/// that reading the same bytes takes (the sum of a tensor), after every token, because the memory's speed changes with the neighbours from
/// second to second.
/// </summary>
internal static class GenerationBenchmark
{
    private const int Prompt = 16, NewTokens = 48;

    /// <summary>Tokens a second; baseline: the reads between them. The medians of all repetitions.</summary>
    public static Measurement Run(BenchmarkOptions options)
    {
        // The published small sizes are the defaults.
        ModelConfig config = ModelFamilies.Of("gpt2", "benchmark").ReadConfig((JsonObject)JsonNode.Parse("""{"model_type": "gpt2"}""")!);
        using PretrainedModel model = PretrainedModel.Create(config, HeadKinds.CausalLm);
        int[] prompt = [.. Enumerable.Range(0, Prompt).Select(i => 1000 + i)];
        long values = model
            .Parameters.Where(parameter => !parameter.Name.EndsWith("wpe.weight", StringComparison.Ordinal))
            .Sum(parameter => parameter.Value.numel());
        using Tensor others = ones(values).DetachFromDisposeScope();
        List<double> tokens = [], reads = [];
        for (int i = 0; i < options.Repetitions; i++) Write(model, prompt, others, tokens, reads);
        double seconds = Median(tokens);
        return new Measurement(seconds, 0, 1 / seconds, "tokens/s", Median(reads));
    }

    /// <summary>Times every token after the prompt's, and a read after each.</summary>
    private static void Write(PretrainedModel model, int[] prompt, Tensor others, List<double> tokens, List<double> reads)
    {
        using ModelDecodingState state = ModelDecodingState.Causal(model, [prompt]);
        long start = 0;
        Generation.Generator.Generate(
            state, [prompt], new GenerationOptions { MaxNewTokens = NewTokens, EosTokenIds = [] },
            onToken: (_, _) =>
            {
                if (start != 0) tokens.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                start = Stopwatch.GetTimestamp();
                others.sum().Dispose();
                reads.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
                start = Stopwatch.GetTimestamp();
            });
    }

    private static double Median(List<double> seconds) => seconds.Order().ElementAt(seconds.Count / 2);
}
