using Graft.Generation;

namespace Graft.Tests.Generation;

/// <summary>The searches against a model whose every text can be listed.</summary>
public sealed class GeneratorTests
{
    private const int Vocabulary = 4;
    private const int End = 3;

    [Fact]
    public void GreedySearchFollowsTheBestToken()
    {
        float[,] logits = Logits(seed: 1);
        GeneratedTokens[][] result = Generate(logits, new GenerationOptions { MaxNewTokens = 5, EosTokenIds = [End] });
        int last = 0;
        foreach (int token in result[0][0].Tokens)
        {
            Assert.Equal(Enumerable.Range(0, Vocabulary).MaxBy(candidate => logits[last, candidate]), token);
            last = token;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void BeamSearchWithEnoughBeamsFindsTheBestTextOfAll(ulong seed)
    {
        float[,] logits = Logits(seed);
        GenerationOptions options = new()
        {
            MaxNewTokens = 4,
            EosTokenIds = [End],
            NumBeams = 64,
            LengthPenalty = 1,
            EarlyStopping = EarlyStopping.Never,
        };
        GeneratedTokens best = Generate(logits, options)[0][0];
        (int[] tokens, double score) = AllTexts(logits, options.MaxNewTokens).MaxBy(text => text.Score);
        Assert.Equal(tokens, best.Tokens);
        Assert.Equal(score, best.Score, 4);
    }

    [Fact]
    public void ForbiddenNgramsNeverOccurTwice()
    {
        GeneratedTokens text = Generate(Logits(seed: 4), new GenerationOptions { MaxNewTokens = 12, NoRepeatNgramSize = 2 })[0][0];
        int[] whole = [0, .. text.Tokens];
        IEnumerable<(int, int)> pairs = whole.Zip(whole.Skip(1));
        Assert.Equal(pairs.Count(), pairs.Distinct().Count());
    }

    [Fact]
    public void TheEndIsForbiddenBeforeTheMinimum()
    {
        float[,] logits = Logits(seed: 5);
        for (int token = 0; token < Vocabulary; token++) logits[token, End] = 100;
        GeneratedTokens text = Generate(logits, new GenerationOptions { MaxNewTokens = 9, MinNewTokens = 6, EosTokenIds = [End] })[0][0];
        Assert.Equal(7, text.Tokens.Count);
        Assert.Equal(End, text.Tokens[^1]);
    }

    [Fact]
    public void DrawsReplayFromTheirSeedAndFollowTheProbabilities()
    {
        float[,] logits = Logits(seed: 6);
        GenerationOptions options = new() { MaxNewTokens = 6, DoSample = true, Seed = 7 };
        Assert.Equal(Generate(logits, options)[0][0].Tokens, Generate(logits, options)[0][0].Tokens);

        int[] counts = new int[Vocabulary];
        const int draws = 20_000;
        for (ulong seed = 0; seed < draws; seed++)
            counts[Generate(logits, options with { MaxNewTokens = 1, Seed = seed })[0][0].Tokens[0]]++;
        for (int token = 0; token < Vocabulary; token++)
            Assert.Equal(Math.Exp(LogProbability(logits, 0, token)), counts[token] / (double)draws, 0.015);
    }

    // Kept tokens and the probability of the first by transformers' warpers, in the same order.
    [Theory]
    [InlineData(1, 0, 1, 0.2, new[] { 0, 1, 2, 5, 7 }, 0.361576)]
    [InlineData(0.7, 0, 1, 0.2, new[] { 0, 1, 5 }, 0.474715)]
    [InlineData(1.3, 4, 1, 0.5, new[] { 0, 5 }, 0.519221)]
    [InlineData(1, 0, 0.8, 0.3, new[] { 0, 1, 5 }, 0.440002)]
    public void WhatIsSampledFromIsTheReferences(float temperature, int topK, float topP, float minP, int[] kept, double first)
    {
        float[] scores = [2, 1, 0.5f, -1, 0, 1.9f, -3, 0.69f];
        LogitsRules.ApplyForSampling(
            scores,
            new GenerationOptions { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP }
        );
        Assert.Equal(kept, Enumerable.Range(0, scores.Length).Where(i => !float.IsNegativeInfinity(scores[i])));
        Assert.Equal(first, Math.Exp(scores[0]) / scores.Sum(score => Math.Exp(score)), 1e-6);
    }

    [Fact]
    public void TopKAndTopPKeepTheBestTokens()
    {
        float[] scores = [1, 4, 2, 3];
        LogitsRules.KeepTopK(scores, 2);
        Assert.Equal([float.NegativeInfinity, 4, float.NegativeInfinity, 3], scores);

        float[] probabilities = [MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.15f), MathF.Log(0.05f)];
        LogitsRules.KeepTopP(probabilities, 0.7f);
        Assert.Equal([true, true, false, false], probabilities.Select(float.IsFinite));
    }

    [Fact]
    public void TokensAreStreamedInOrderAndStopReasonsEndARow()
    {
        List<int> streamed = [];
        GenerationOptions options = new() { MaxNewTokens = 10 };
        using MarkovState state = new(Logits(seed: 8), [0]);
        GeneratedTokens text = Generator.Generate(
            state,
            [
                [0],
            ],
            options,
            stop: (_, tokens) => tokens.Count == 3,
            onToken: (_, token) => streamed.Add(token)
        )[0][0];
        Assert.Equal(3, text.Tokens.Count);
        Assert.Equal(text.Tokens, streamed);
    }

    [Fact]
    public void ImpossibleOptionsAreNamed()
    {
        InputException error = Assert.Throws<InputException>(() => new GenerationOptions { TopP = 0 }.Validate());
        Assert.Contains("top-p is 0", error.Message, StringComparison.Ordinal);
    }

    private static GeneratedTokens[][] Generate(float[,] logits, GenerationOptions options)
    {
        using MarkovState state = new(logits, [0]);
        return Generator.Generate(state, [[0]], options);
    }

    private static float[,] Logits(ulong seed)
    {
        CounterRandom random = new(seed);
        float[,] logits = new float[Vocabulary, Vocabulary];
        for (int i = 0; i < Vocabulary; i++)
        {
            for (int j = 0; j < Vocabulary; j++) logits[i, j] = (float)(2 * random.NextNormal());
        }

        return logits;
    }

    private static IEnumerable<(int[] Tokens, double Score)> AllTexts(float[,] logits, int length)
    {
        Stack<(int[] Tokens, double LogProbability)> open = new([([], 0)]);
        while (open.TryPop(out (int[] Tokens, double LogProbability) text))
        {
            if (text.Tokens.Length == length || (text.Tokens.Length > 0 && text.Tokens[^1] == End))
            {
                yield return (text.Tokens, text.LogProbability / text.Tokens.Length);
                continue;
            }

            int last = text.Tokens.Length == 0 ? 0 : text.Tokens[^1];
            for (int token = 0; token < Vocabulary; token++)
                open.Push(([.. text.Tokens, token], text.LogProbability + LogProbability(logits, last, token)));
        }
    }

    private static double LogProbability(float[,] logits, int last, int token)
    {
        double sum = 0;
        for (int candidate = 0; candidate < Vocabulary; candidate++) sum += Math.Exp(logits[last, candidate]);
        return logits[last, token] - Math.Log(sum);
    }
}
