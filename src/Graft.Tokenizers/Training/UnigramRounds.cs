namespace Graft.Tokenizers.Training;

/// <summary>The rounds of Unigram training: expectation and maximization, then pruning.</summary>
internal sealed class UnigramRounds(WordCounts words, List<(string Text, double Score)> seed, UnigramTrainerOptions options)
{
    // Sums are taken over a fixed number of parts and added in their order: they do not depend on the number of threads.
    private const int Parts = 16;
    private const double LeastExpected = 0.5;

    /// <summary>The pieces as they stand; their order is that in which pruning kept them.</summary>
    public UnigramModel Model { get; private set; } = new(seed);

    private int DesiredSize => options.VocabularySize * 11 / 10;

    public void Run()
    {
        while (true)
        {
            for (int i = 0; i < options.SubIterations; i++) Maximize(Expect());

            // The reference counts its unknown piece among them.
            if (Model.Count + 1 <= DesiredSize) return;
            Prune();
        }
    }

    private double[] Expect()
    {
        double[][] parts = OverParts((lattice, w, expected) => lattice.AddExpected(words.Word(w), words.Frequency(w), expected));
        return Sum(parts);
    }

    // Digamma instead of the logarithm: the Bayesian form of the step (Liang and Klein 2007), which makes rare pieces rarer.
    private void Maximize(double[] expected)
    {
        double sum = 0;
        foreach (double count in expected)
        {
            if (count >= LeastExpected) sum += count;
        }

        double logSum = Digamma(sum);
        for (int id = 0; id < expected.Length; id++)
        {
            Model.Scores[id] = double.IsNaN(Model.Scores[id]) || expected[id] < LeastExpected ? double.NaN : Digamma(expected[id]) - logSum;
        }

        Model.Refresh();
    }

    private void Prune()
    {
        double[] frequencies = Sum(OverParts((lattice, w, counts) =>
        {
            foreach (int id in lattice.BestPath(words.Word(w), without: -1, out _)!)
            {
                if (id >= 0) counts[id] += words.Frequency(w);
            }
        }));
        double allWords = 0;
        for (int w = 0; w < words.Count; w++) allWords += words.Frequency(w);
        double sum = frequencies.Sum(), logSum = Math.Log(sum);

        (bool Kept, double Loss)[] verdicts = new (bool, double)[Model.Pieces.Length];
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, part =>
        {
            UnigramWordLattice lattice = new(Model);
            for (int id = part; id < verdicts.Length; id += Parts) verdicts[id] = Judge(lattice, id);
        });

        List<(string, double)> kept = [];
        List<(int Id, double Loss)> candidates = [];
        for (int id = 0; id < verdicts.Length; id++)
        {
            if (verdicts[id].Kept) kept.Add((Model.Pieces[id], Model.Scores[id]));
            else if (!double.IsNaN(verdicts[id].Loss)) candidates.Add((id, verdicts[id].Loss));
        }

        int size = Math.Max(DesiredSize, (int)((Model.Count + 1) * options.ShrinkingFactor)) - 1;
        foreach ((int id, _) in candidates.OrderByDescending(candidate => candidate.Loss).Take(Math.Max(0, size - kept.Count)))
        {
            kept.Add((Model.Pieces[id], Model.Scores[id]));
        }

        Model = new UnigramModel(kept);

        // Kept without question, or what dropping it costs; NaN: dropped without question.
        (bool Kept, double Loss) Judge(UnigramWordLattice lattice, int id)
        {
            if (double.IsNaN(Model.Scores[id])) return (false, double.NaN);
            List<int>? other = lattice.BestPath(Model.Bytes[id], without: id, out double score);
            bool isBest = other is null || Model.Scores[id] >= score;
            if (frequencies[id] == 0 && !isBest) return (false, double.NaN);
            if (other is null || !isBest) return (true, 0);
            return (false, frequencies[id] > 0 ? Loss(id, other) : double.NaN);
        }

        // What the likelihood loses when the piece is replaced by its second-best segmentation everywhere. (The factor of the new sum is
        // the number of all pieces, as in the reference and in SentencePiece, not that of the segmentation's.)
        double Loss(int id, List<int> other)
        {
            double frequency = frequencies[id];
            double logSumWithout = Math.Log(sum + (frequency * Model.Count));
            double without = 0;
            foreach (int part in other) without += Math.Log((part >= 0 ? frequencies[part] : 0) + frequency) - logSumWithout;
            return frequency / allWords * (Math.Log(frequency) - logSum - without);
        }
    }

    private double[][] OverParts(Action<UnigramWordLattice, int, double[]> add)
    {
        double[][] parts = new double[Parts][];
        Parallel.For(0, Parts, new ParallelOptions { MaxDegreeOfParallelism = options.Threads }, part =>
        {
            double[] sums = new double[Model.Pieces.Length];
            UnigramWordLattice lattice = new(Model);
            for (int w = part; w < words.Count; w += Parts) add(lattice, w, sums);
            parts[part] = sums;
        });
        return parts;
    }

    private static double[] Sum(double[][] parts)
    {
        double[] total = parts[0];
        foreach (double[] part in parts.AsSpan(1))
        {
            for (int i = 0; i < total.Length; i++) total[i] += part[i];
        }

        return total;
    }

    private static double Digamma(double x)
    {
        double result = 0;
        for (; x < 7; x++) result -= 1 / x;
        x -= 0.5;
        double xx = 1 / x, xx2 = xx * xx, xx4 = xx2 * xx2;
        return result + Math.Log(x) + (1.0 / 24 * xx2) - (7.0 / 960 * xx4) + (31.0 / 8064 * xx4 * xx2) - (127.0 / 30720 * xx4 * xx4);
    }
}
