using System.Text;
using Graft.Data;

namespace Graft.Labelling;

/// <summary>The half that computes: vectors once, the model after every answer, the estimate when there is time.</summary>
public sealed partial class LabellingSession
{
    private readonly SemaphoreSlim _changed = new(0);
    private readonly CancellationTokenSource _ending = new();
    private float[] _features = [];
    private int _width;
    private CounterRandom _random;
    private LabelChooser? _chooser;
    private LabelModel? _model;
    private LabellingEstimate? _estimate;
    private IReadOnlyList<LabelCrossValidation.Doubt> _doubts = [];
    private Task? _fitting;
    private long _version, _measured = -1, _fitted = -1;

    /// <summary>
    /// Computes the vectors of all texts, then begins to fit models beside the caller. Until it is done texts are asked at random.
    /// </summary>
    /// <param name="embed">Texts to vectors of one size.</param>
    /// <param name="keep">A file that keeps the vectors, so that the next start need not compute them, nor what a kill left undone; null
    /// keeps none.</param>
    /// <param name="model">Says which model computes them: kept vectors of another are not used.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public void Embed(
        Func<IReadOnlyList<string>, IReadOnlyList<float[]>> embed,
        string? keep = null,
        string model = "",
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(embed);
        using VectorFile? file = keep is null ? null : VectorFile.Open(keep, Fingerprint(model));
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ending.Token);
        float[][] vectors = new float[_texts.Length][];
        int done = file?.Read(vectors) ?? 0;
        Volatile.Write(ref _embedded, done);
        for (; done < vectors.Length; done = Math.Min(done + TextsAtOnce, vectors.Length))
        {
            either.Token.ThrowIfCancellationRequested();
            LabelledText[] batch = _texts[done..Math.Min(done + TextsAtOnce, vectors.Length)];
            bool pairs = batch[0].Pair is not null;
            IReadOnlyList<float[]> first = embed([.. batch.Select(text => text.Text)]);
            IReadOnlyList<float[]> second = pairs ? embed([.. batch.Select(text => text.Pair ?? "")]) : first;
            for (int i = 0; i < batch.Length; i++) vectors[done + i] = pairs ? OfPair(first[i], second[i]) : Unit(first[i]);
            file?.Append(vectors.AsSpan(done, batch.Length));
            Volatile.Write(ref _embedded, done + batch.Length);
        }

        float[] features = new float[vectors.Length * vectors[0].Length];
        for (int i = 0; i < vectors.Length; i++) vectors[i].CopyTo(features, i * vectors[0].Length);
        lock (_lock)
        {
            (_features, _width) = (features, vectors[0].Length);
            _chooser = new LabelChooser(features, _width);
            foreach (int row in _labelled.Where(row => !_drawn.Contains(row))) _chooser.Cover(row);
            _fitting = Task.Run(FitAsync, CancellationToken.None);
            Wake();
        }
    }

    /// <summary>Waits until the model has seen every answer so far; for programs that label.</summary>
    /// <param name="measured">Whether to wait for the estimate too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task UpToDateAsync(bool measured = false, CancellationToken cancellationToken = default)
    {
        long version = Volatile.Read(ref _version);
        while (_fitting is { IsCompleted: false } && Volatile.Read(ref measured ? ref _measured : ref _fitted) < version)
            await Task.Delay(1, cancellationToken).ConfigureAwait(false);
    }

    private static float[] OfPair(float[] first, float[] second)
    {
        (float[] u, float[] v) = (Unit(first), Unit(second));
        return Unit([.. u, .. v, .. u.Zip(v, (a, b) => Math.Abs(a - b)), .. u.Zip(v, (a, b) => a * b * 8)]);
    }

    private byte[] Fingerprint(string model)
    {
        using Sha256 hash = new();
        hash.Append(Encoding.UTF8.GetBytes(model));
        hash.Append([2]);
        foreach (LabelledText text in _texts)
        {
            hash.Append(Encoding.UTF8.GetBytes(text.Text));
            hash.Append([0]);
            hash.Append(Encoding.UTF8.GetBytes(text.Pair ?? ""));
            hash.Append([1]);
        }

        return Convert.FromHexString(hash.Finish());
    }

    private void Wake()
    {
        _version++;
        _changed.Release();
    }

    /// <summary>A model that cannot be fitted is told to whoever asks next.</summary>
    private void RequireFitting()
    {
        if (_fitting is { IsFaulted: true, Exception: { } failure })
            throw new RunFailedException($"the model beside the labels cannot be fitted: {failure.InnerException!.Message}", failure);
    }

    private void StopFitting()
    {
        _ending.Cancel();
        try
        {
            _fitting?.GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // as asked
        }
        finally
        {
            _ending.Dispose();
            _changed.Dispose();
        }
    }

    /// <summary>One fit for all answers that came meanwhile; the estimate is computed beside it and never holds it up.</summary>
    private async Task FitAsync()
    {
        Task measuring = Task.CompletedTask;
        try
        {
            while (true)
            {
                await _changed.WaitAsync(_ending.Token).ConfigureAwait(false);
                while (_changed.Wait(0, CancellationToken.None))
                {
                    // several answers, one fit
                }

                Fit();
                if (!measuring.IsCompleted) continue;
                await measuring.ConfigureAwait(false);
                measuring = Task.Run(Measure, CancellationToken.None);
            }
        }
        finally
        {
            await measuring.ConfigureAwait(false);
        }
    }

    private (long Version, List<LabelCrossValidation.Example> Examples, List<int> Open, HashSet<int> Drawn) Snapshot()
    {
        lock (_lock)
        {
            HashSet<int> random = [.. _permutation.Take(_randomEnd)];
            List<LabelCrossValidation.Example> examples = [];
            foreach (int row in _labelled)
            {
                if (_standings.Winner(_ids[row]) is { } winner)
                    examples.Add(new(row, [.. winner.Record.Labels.Select(label => IndexOf(label))], random.Contains(row)));
            }

            HashSet<int> labelled = [.. examples.Select(example => example.Row)];
            return (_version, examples, [.. Enumerable.Range(0, _texts.Length).Where(row => !labelled.Contains(row))], [.. _drawn]);
        }
    }

    private int IndexOf(string label)
    {
        for (int i = 0; i < LabelNames.Count; i++)
        {
            if (LabelNames[i] == label) return i;
        }

        return -1;
    }

    private void Fit()
    {
        (long version, List<LabelCrossValidation.Example> examples, List<int> open, HashSet<int> drawn) = Snapshot();
        LabelModel? model = Fit(examples);
        CounterRandom random = new(CounterRandom.Key(_options.Seed, 3, (ulong)version));
        LabelModel? choosing = drawn.Count == 0 ? model : Fit(examples.FindAll(example => !drawn.Contains(example.Row)));
        if (choosing is not null) _chooser!.Rank(choosing, open, ref random);
        lock (_lock) _model = model;
        Volatile.Write(ref _fitted, version);
    }

    private LabelModel? Fit(List<LabelCrossValidation.Example> examples) => LabelModel.Fit(
        _features,
        _width,
        [.. examples.Select(example => example.Row)],
        [.. examples.Select(example => example.Target)],
        LabelNames.Count,
        Several
    );

    private void Measure()
    {
        (long version, List<LabelCrossValidation.Example> examples, _, _) = Snapshot();
        try
        {
            (LabellingEstimate? estimate, IReadOnlyList<LabelCrossValidation.Doubt> doubts) =
                LabelCrossValidation.Measure(_features, _width, examples, LabelNames.Count, Several, _ending.Token);
            lock (_lock) (_estimate, _doubts) = (estimate, doubts);
            Volatile.Write(ref _measured, version);
            if (Volatile.Read(ref _version) > version) _changed.Release(); // answers came meanwhile
        }
        catch (OperationCanceledException)
        {
            // the session ends
        }
    }

    private List<DoubtedLabel> Doubted()
    {
        List<DoubtedLabel> doubted = [];
        foreach (LabelCrossValidation.Doubt doubt in _doubts.Where(doubt => doubt.Probability < 0.2).OrderBy(doubt => doubt.Probability))
        {
            if (doubted.Count == 20) break;
            if (_standings.Winner(_ids[doubt.Row]) is { } winner && !Names(doubt.Answer).AsSpan().SequenceEqual([.. winner.Record.Labels]))
                doubted.Add(
                    new DoubtedLabel(_ids[doubt.Row], _texts[doubt.Row].Text, winner.Record.Labels, Names(doubt.Answer), doubt.Probability)
                );
        }

        return doubted;
    }

    private (IReadOnlyList<Disagreement> Open, IReadOnlyList<Agreement> Agreements) People()
    {
        List<Disagreement> open = [];
        Dictionary<(string, string), List<(string, string)>> both = [];
        foreach (int row in _labelled)
        {
            LabelRecord[] all = [.. _standings.Of(_ids[row])];
            LabelRecord[] given =
            [
                .. all.Where(record => record.Act == LabelAct.Label).OrderBy(record => record.By, StringComparer.Ordinal),
            ];
            if (given.Length < 2)
                continue;
            string[] answers = [.. given.Select(record => string.Join('\n', record.Labels))];
            for (int a = 0; a < given.Length; a++)
            {
                for (int b = a + 1; b < given.Length; b++)
                {
                    if (!both.TryGetValue((given[a].By, given[b].By), out List<(string, string)>? list))
                        both[(given[a].By, given[b].By)] = list = [];
                    list.Add((answers[a], answers[b]));
                }
            }

            if (
                open.Count < 50
                && answers.Distinct(StringComparer.Ordinal).Count() > 1
                && !Array.Exists(all, record => record.Act == LabelAct.Decide)
            )
                open.Add(
                    new Disagreement(
                        _ids[row],
                        _texts[row].Text,
                        given.ToDictionary(record => record.By, record => record.Labels, StringComparer.Ordinal)
                    )
                );
        }

        return (open, [.. both.Select(pair => new Agreement(pair.Key.Item1, pair.Key.Item2, pair.Value.Count, Kappa(pair.Value)))]);
    }

    /// <summary>(Agreement − agreement by chance) / (1 − agreement by chance).</summary>
    private static double Kappa(List<(string First, string Second)> answers)
    {
        double count = answers.Count, same = answers.Count(pair => pair.First == pair.Second) / count;
        Dictionary<string, int> second = answers.CountBy(pair => pair.Second).ToDictionary();
        double chance = answers
            .CountBy(pair => pair.First)
            .Sum(first => first.Value / count * (second.GetValueOrDefault(first.Key) / count));
        return chance < 1 ? (same - chance) / (1 - chance) : double.NaN;
    }
}
