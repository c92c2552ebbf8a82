using System.Diagnostics;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Generation;
using Graft.Pretrained;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Benchmarks;

/// <summary>
/// generate-gpt2-small: one text, token by token. Every token reads every matrix once, so memory is the bound: the baseline is the time
/// that reading the same bytes takes (the sum of a tensor, in the same run).
/// </summary>
internal static class GenerationBenchmark
{
    private const int Prompt = 16, NewTokens = 48;
    private const long ReadValues = 1 << 28;

    /// <summary>Tokens a second; ratio: time ÷ the time of the reads beside it; the median round.</summary>
    public static Measurement Run(BenchmarkOptions options)
    {
        ModelConfig config = ModelFamilies.Of("gpt2", "benchmark").ReadConfig((JsonObject)JsonNode.Parse("""{"model_type": "gpt2"}""")!); // the published small sizes are the defaults
        using PretrainedModel model = PretrainedModel.Create(config, HeadKind.CausalLm);
        int[] prompt = [.. Enumerable.Range(0, Prompt).Select(i => 1000 + i)];
        long values = model.Parameters.Where(parameter => !parameter.Name.EndsWith("wpe.weight", StringComparison.Ordinal)).Sum(parameter => parameter.Value.numel());
        List<(double Token, double Bound)> rounds = [];
        using Tensor much = ones(ReadValues).DetachFromDisposeScope();
        double before = SecondsOfReading(much);
        for (int i = 0; i < options.Repetitions; i++)
        {
            double token = SecondsOfToken(model, prompt), after = SecondsOfReading(much);
            rounds.Add((token, Math.Min(before, after) * values / ReadValues));
            before = after;
        }

        // The memory's speed changes with the neighbours from second to second: each round is held against its own reads.
        (double seconds, double bound) = rounds.OrderBy(round => round.Token / round.Bound).ElementAt(rounds.Count / 2);
        return new Measurement(seconds, 0, 1 / seconds, "tokens/s", bound);
    }

    /// <summary>The median of the tokens after the prompt.</summary>
    private static double SecondsOfToken(PretrainedModel model, int[] prompt)
    {
        using ModelDecodingState state = ModelDecodingState.Causal(model, [prompt]);
        List<double> seconds = [];
        long last = 0;
        Generation.Generator.Generate(
            state, [prompt], new GenerationOptions { MaxNewTokens = NewTokens, EosTokenIds = [] },
            onToken: (_, _) =>
            {
                if (last != 0) seconds.Add(Stopwatch.GetElapsedTime(last).TotalSeconds);
                last = Stopwatch.GetTimestamp();
            });
        return seconds.Order().ElementAt(seconds.Count / 2);
    }

    private static double SecondsOfReading(Tensor values) => BenchmarkRunner.Fastest(() => values.sum().Dispose(), 3);
}
