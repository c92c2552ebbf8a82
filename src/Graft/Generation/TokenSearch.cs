using System.Numerics.Tensors;

namespace Graft.Generation;

/// <summary>One generated text.</summary>
/// <param name="Tokens">The new tokens, an end token included, without padding.</param>
/// <param name="Score">With beam search the log probability divided by length to the power of the length penalty; else the sum of the log
/// probabilities.</param>
internal readonly record struct GeneratedTokens(IReadOnlyList<int> Tokens, float Score);

/// <summary>
/// Greedy search and sampling: one text a row, written from left to right.
/// <code>
/// scores of the next token → rules → the best one, or a draw → append → …
/// </code>
/// </summary>
internal static class TokenSearch
{
    /// <summary>Writes until every row has ended.</summary>
    /// <param name="state">The model, at its prompts; <see cref="IDecodingState.Start"/> not yet called.</param>
    /// <param name="prompts">Each row's prompt (for an encoder-decoder its start token), left padding included.</param>
    /// <param name="options">Validated options.</param>
    /// <param name="stop">Further reasons to end a row, asked after each token with the row and its new tokens (stop strings); may be
    /// null.</param>
    /// <param name="onToken">Told each token of each unfinished row as it is chosen (streaming); may be null.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <returns>One text a row.</returns>
    public static GeneratedTokens[] Run(
        IDecodingState state,
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Func<int, IReadOnlyList<int>, bool>? stop,
        Action<int, int>? onToken,
        CancellationToken cancellationToken)
    {
        int rows = state.Rows, vocabulary = state.VocabularySize;
        List<int>[] texts = [.. prompts.Select(prompt => new List<int>(prompt))];
        List<int>[] written = [.. prompts.Select(_ => new List<int>())];
        float[] totals = new float[rows];
        bool[] finished = new bool[rows];
        int[] next = new int[rows];
        float[] logits = new float[rows * vocabulary];
        int[] leftPadding = [.. Enumerable.Range(0, rows).Select(state.LeftPadding)];
        int[] limits = [.. prompts.Select((prompt, row) => options.NewTokensAfter(prompt.Length - leftPadding[row]))];
        state.Start(logits);
        for (int step = 0; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int row = 0; row < rows; row++)
            {
                next[row] = options.PadTokenId;
                if (finished[row]) continue;
                Span<float> scores = logits.AsSpan(row * vocabulary, vocabulary);
                LogitsRules.Apply(
                    scores,
                    System.Runtime.InteropServices.CollectionsMarshal.AsSpan(texts[row]),
                    step,
                    options,
                    leftPadding[row]
                );
                next[row] = Choose(scores, options, row, step, out float logProbability);
                totals[row] += logProbability;
                written[row].Add(next[row]);
                texts[row].Add(next[row]);
                onToken?.Invoke(row, next[row]);
                finished[row] =
                    step + 1 == limits[row] || options.EosTokenIds.Contains(next[row]) || stop?.Invoke(row, written[row]) == true;
            }

            if (Array.TrueForAll(finished, done => done)) break;
            state.Append(next, logits);
        }

        return [.. written.Zip(totals, (tokens, total) => new GeneratedTokens(tokens, total))];
    }

    private static int Choose(Span<float> scores, GenerationOptions options, int row, int step, out float logProbability)
    {
        if (options.DoSample) LogitsRules.ApplyForSampling(scores, options);
        LogitsRules.LogSoftMax(scores);
        int choice = options.DoSample
            ? Draw(scores, new CounterRandom(CounterRandom.Key(options.Seed, (ulong)row, (ulong)step)))
            : TensorPrimitives.IndexOfMax(scores);
        logProbability = scores[choice];
        return choice;
    }

    /// <summary>Draws an index with the given log probabilities.</summary>
    private static int Draw(ReadOnlySpan<float> logProbabilities, CounterRandom random)
    {
        double point = random.NextDouble(), total = 0;
        int last = 0;
        for (int token = 0; token < logProbabilities.Length; token++)
        {
            if (float.IsNegativeInfinity(logProbabilities[token])) continue;
            last = token;
            total += Math.Exp(logProbabilities[token]);
            if (point < total) return token;
        }

        return last;
    }
}
