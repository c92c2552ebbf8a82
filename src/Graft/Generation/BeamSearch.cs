namespace Graft.Generation;

/// <summary>
/// Beam search as the reference library does it: for every prompt <c>b</c> beams run side by side. At each step the best
/// max(2, 1 + number of end tokens)·b continuations of all beams together are looked at: those that end may become finished candidates (if
/// they are among the first b), the best b of the others go on. Finished candidates are ranked by log probability ÷ length ^ penalty.
/// </summary>
internal static class BeamSearch
{
    /// <summary>
    /// Added to a score, takes a candidate out of the race; the reference's value, so that ties at the bottom fall alike.
    /// </summary>
    private const float Out = -1e9f;

    /// <summary>Writes until no prompt can gain from going on.</summary>
    /// <returns>For each prompt its best texts, best first.</returns>
    /// <inheritdoc cref="TokenSearch.Run"/>
    public static GeneratedTokens[][] Run(
        IDecodingState state,
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Func<int, IReadOnlyList<int>, bool>? stop,
        CancellationToken cancellationToken)
    {
        int beams = options.NumBeams, vocabulary = state.VocabularySize;
        Race[] races = [.. prompts.Select((prompt, row) => new Race(row, prompt, state.LeftPadding(row), options, stop))];
        float[] logits = new float[prompts.Count * vocabulary];
        state.Start(logits);
        logits = SpreadOverBeams(state, logits, beams, vocabulary);
        int[] sources = new int[races.Length * beams], tokens = new int[races.Length * beams];
        for (int written = 0; ; written++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool anyContinues = false;
            for (int row = 0; row < races.Length; row++)
            {
                Span<float> scores = logits.AsSpan(row * beams * vocabulary, beams * vocabulary);
                anyContinues |= races[row]
                    .Step(scores, vocabulary, written, sources.AsSpan(row * beams, beams), tokens.AsSpan(row * beams, beams));
            }

            bool anyCanImprove = Array.Exists(races, race => race.CanImprove);
            bool allFull = options.EarlyStopping == EarlyStopping.WhenEnoughFinished && Array.TrueForAll(races, race => race.IsFull);
            if (!anyContinues || !anyCanImprove || allFull) break;
            state.Select(sources);
            state.Append(tokens, logits);
        }

        return [.. races.Select(race => race.Best(options.NumReturnSequences))];
    }

    private static float[] SpreadOverBeams(IDecodingState state, float[] logits, int beams, int vocabulary)
    {
        int prompts = logits.Length / vocabulary;
        int[] sources = new int[prompts * beams];
        float[] spread = new float[logits.Length * beams];
        for (int row = 0; row < sources.Length; row++)
        {
            sources[row] = row / beams;
            logits.AsSpan(row / beams * vocabulary, vocabulary).CopyTo(spread.AsSpan(row * vocabulary));
        }

        state.Select(sources);
        return spread;
    }

    /// <summary>A text that is being or has been written.</summary>
    private readonly record struct Candidate(int[] Tokens, float Score, bool IsFinished);

    /// <summary>A continuation of a beam by one token.</summary>
    private readonly record struct Continuation(int Beam, int Token, float Score);

    /// <summary>The beams of one prompt.</summary>
    private sealed class Race
    {
        private readonly int _row;
        private readonly int[] _prompt;
        private readonly int _leftPadding;
        private readonly int _limit;
        private readonly GenerationOptions _options;
        private readonly Func<int, IReadOnlyList<int>, bool>? _stop;
        private Candidate[] _running;
        private Candidate[] _finished;

        public Race(int row, int[] prompt, int leftPadding, GenerationOptions options, Func<int, IReadOnlyList<int>, bool>? stop)
        {
            _row = row;
            _prompt = prompt;
            _leftPadding = leftPadding;
            _limit = options.NewTokensAfter(prompt.Length - leftPadding);
            _options = options;
            _stop = stop;

            // All beams start equal: only the first may be continued at the first step, or they would all write the same text.
            _running = [.. Enumerable.Range(0, options.NumBeams).Select(beam => new Candidate([], beam == 0 ? 0 : Out, IsFinished: false))];
            _finished = [.. Enumerable.Repeat(new Candidate([], Out, IsFinished: false), options.NumBeams)];
        }

        /// <summary>Whether a running beam may still beat a finished candidate.</summary>
        public bool CanImprove { get; private set; } = true;

        /// <summary>Whether there are as many finished candidates as beams.</summary>
        public bool IsFull => Array.TrueForAll(_finished, candidate => candidate.IsFinished);

        /// <summary>One token further.</summary>
        /// <param name="scores">[beams, V] logits; overwritten.</param>
        /// <param name="vocabulary">V.</param>
        /// <param name="written">Number of tokens every beam has so far.</param>
        /// <param name="sources">Written: which row of the whole batch each beam continues.</param>
        /// <param name="tokens">Written: by which token.</param>
        /// <returns>False when every continuation that was looked at ends here.</returns>
        public bool Step(Span<float> scores, int vocabulary, int written, Span<int> sources, Span<int> tokens)
        {
            Continuation[] best = BestContinuations(scores, vocabulary, written);
            int[][] texts = [.. best.Select(continuation => (int[])[.. _running[continuation.Beam].Tokens, continuation.Token])];
            bool[] ends = [.. texts.Select(text => Ends(text))];
            Finish(best, texts, ends, written);

            int[] order = LargestFirst(
                [.. best.Select((continuation, i) => ends[i] ? continuation.Score + Out : continuation.Score)],
                _options.NumBeams
            );
            _running = [.. order.Select(i => new Candidate(texts[i], ends[i] ? best[i].Score + Out : best[i].Score, IsFinished: false))];
            for (int beam = 0; beam < order.Length; beam++)
            {
                sources[beam] = (_row * _options.NumBeams) + best[order[beam]].Beam;
                tokens[beam] = best[order[beam]].Token;
            }

            CanImprove &= MayBeat(written + 1);
            return Array.Exists(ends, end => !end);
        }

        /// <summary>The best candidates, best first.</summary>
        public GeneratedTokens[] Best(int count) =>
            [.. _finished.Take(count).Select(candidate => new GeneratedTokens(candidate.Tokens, candidate.Score))];

        private Continuation[] BestContinuations(Span<float> scores, int vocabulary, int written)
        {
            for (int beam = 0; beam < _options.NumBeams; beam++)
            {
                Span<float> row = scores.Slice(beam * vocabulary, vocabulary);
                LogitsRules.LogSoftMax(row);
                LogitsRules.Apply(row, [.. _prompt, .. _running[beam].Tokens], written, _options, _leftPadding);
                foreach (ref float score in row) score += _running[beam].Score;
            }

            int keep = Math.Max(2, 1 + _options.EosTokenIds.Count) * _options.NumBeams;
            float[] all = scores.ToArray();
            return [.. LargestFirst(all, Math.Min(keep, all.Length)).Select(i => new Continuation(i / vocabulary, i % vocabulary, all[i]))];
        }

        private bool Ends(int[] text) =>
            text.Length == _limit || _options.EosTokenIds.Contains(text[^1]) || _stop?.Invoke(_row, text) == true;

        /// <summary>Merges the continuations that end into the finished candidates.</summary>
        private void Finish(Continuation[] best, int[][] texts, bool[] ends, int written)
        {
            bool closed = !CanImprove || (IsFull && _options.EarlyStopping == EarlyStopping.WhenEnoughFinished);
            List<Candidate> merged = [.. _finished];
            for (int i = 0; i < best.Length; i++)
            {
                bool finishes = ends[i] && i < _options.NumBeams;
                float score = best[i].Score / MathF.Pow(written + 1, _options.LengthPenalty);
                merged.Add(new Candidate(texts[i], closed || !finishes ? score + Out : score, finishes));
            }

            _finished = [.. LargestFirst([.. merged.Select(candidate => candidate.Score)], _options.NumBeams).Select(i => merged[i])];
        }

        private bool MayBeat(int length)
        {
            if (_options.EarlyStopping == EarlyStopping.Never && _options.LengthPenalty > 0) length = _limit;
            float possible = _running[0].Score / MathF.Pow(length, _options.LengthPenalty);
            float worst = _finished.Min(candidate => candidate.Score);
            return Array.Exists(_finished, candidate => possible > (candidate.IsFinished ? worst : Out));
        }

        /// <summary>The indices of the largest values, largest first, ties to the smaller index.</summary>
        private static int[] LargestFirst(ReadOnlySpan<float> values, int count)
        {
            PriorityQueue<int, (float Value, int Index)> smallestOnTop = new(count + 1);
            for (int i = 0; i < values.Length; i++)
            {
                if (
                    smallestOnTop.Count == count
                    && smallestOnTop.TryPeek(out _, out (float Value, int Index) smallest)
                    && values[i] <= smallest.Value
                )
                    continue;
                smallestOnTop.Enqueue(i, (values[i], -i));
                if (smallestOnTop.Count > count) smallestOnTop.Dequeue();
            }

            int[] order = new int[smallestOnTop.Count];
            for (int i = order.Length - 1; i >= 0; i--) order[i] = smallestOnTop.Dequeue();
            return order;
        }
    }
}
