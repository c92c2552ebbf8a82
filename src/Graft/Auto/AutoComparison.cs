using System.Globalization;
using Graft.Evaluation;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Microsoft.Extensions.Logging;

namespace Graft.Auto;

/// <summary>Tries candidates on slots in turn as long as there is time, and judges them.</summary>
internal sealed class AutoComparison
{
    private const double Margin = 0.95, RefitFactor = 1.2, RefitStart = 3, HalfTrials = 5, FewestForGain = 50;
    private readonly AutoOptions _options;
    private readonly AutoData _data;
    private readonly TrialStore _store;
    private readonly ILogger _logger;
    private readonly IReadOnlyList<Slot> _plan;
    private readonly IReadOnlyList<Candidate> _candidates;
    private readonly Dictionary<string, string> _status = new(StringComparer.Ordinal);
    private readonly bool _byExample;
    private readonly Choice _choice;

    public AutoComparison(AutoOptions options, AutoData data, TrialStore store, ILogger logger)
    {
        (_options, _data, _store, _logger) = (options, data, store, logger);
        _plan = FoldPlan.Of(data, options.Seed, logger);
        _candidates = Candidates.Of(options, data);
        _byExample = data.Task.MainMetric == "accuracy";
        _choice = new Choice(_byExample ? 1 : Math.Sqrt(1 + (_plan.Count / 4.0))); // Nadeau and Bengio: 1/J + held/train, of fifths
        (_, string reason) = StrategyChoice.Recommended(data.Train.Count, Classes);
        logger.Tell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{data.Train.Count} examples{(Classes > 0 ? $", {Classes} labels" : "")}; {_candidates.Count} ways are compared on "
                    + $"{_plan.Count} {(_plan.Count == 1 ? "held-out part" : "folds")}; {reason}"
            )
        );
    }

    private int Classes => StrategyChoice.ClassesOf(_data.Task);

    private double Elapsed => (DateTimeOffset.UtcNow - _options.Started!.Value).TotalSeconds;

    /// <summary>Fits on every label at the end; to know which texts are unfamiliar one more, with a part held out.</summary>
    private double LastFits => RefitFactor + (_options.Abstain is null ? 0 : 1);

    private double Deadline => Margin * _options.Time.TotalSeconds;

    /// <summary>Slot by slot, from cheap to dear.</summary>
    public void Run(CancellationToken cancellationToken)
    {
        List<Candidate> alive = [.. _candidates];
        foreach (Slot slot in _plan)
        {
            foreach (Candidate candidate in alive.ToArray())
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_store.All.Any(trial => trial.Candidate == candidate.Name && trial.Slot == slot.Number)) continue;
                if (!FitsIn(candidate, slot))
                {
                    alive.Remove(candidate);
                    if (Trials(candidate).Any()) continue;
                    _status[candidate.Name] = "no time";
                    _logger.Tell($"no time for {candidate.Name}: allow more with `time`");
                    continue;
                }

                Trial trial = Trial.Of(candidate, _data, slot, cancellationToken);
                _store.Add(trial);
                _logger.Tell(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{slot.Number + 1}/{_plan.Count}  {candidate.Name}: {_data.Task.MainMetric} {trial.Score:0.000}, "
                            + $"{trial.Seconds:0.0} s"
                    )
                );
            }

            Eliminate(alive);
        }
    }

    /// <summary>The winner among those that were tried.</summary>
    public Candidate Winner()
    {
        Candidate[] tried = Tried();
        if (tried.Length == 0)
            throw new RunFailedException(
                $"the time of {AutoTuning.Say(_options.Time)} was over before anything could be compared: allow more with `time`"
            );
        string name = _choice.Winner(Standings(tried), Candidates.Default(tried, _data.Train.Count, Classes)).Name;
        return tried.First(candidate => candidate.Name == name);
    }

    /// <summary>The score to expect of the winner, without its luck.</summary>
    public ScoreInterval Estimate(Candidate winner)
    {
        Candidate[] tried = Tried();
        IReadOnlyList<Standing> standings = Standings(tried);
        return _choice.Estimate(
            standings,
            standings.First(standing => standing.Name == winner.Name),
            Candidates.Default(tried, _data.Train.Count, Classes),
            _options.Seed
        );
    }

    /// <summary>What folds decide for the winner, where the task has classes: the temperature, and when an answer is unsure.</summary>
    public Decisions DecisionsOf(Candidate winner)
    {
        if (_data.Evaluation is not null || _data.Task is not TextClassification task) return _data.Task.Decisions;
        List<int> truth = [];
        List<double[]> logits = [];
        int[] classes = task.Truth(_data.Train);
        foreach (Trial trial in Trials(winner).Where(trial => trial.Logits is not null))
        {
            int[] held = _plan[trial.Slot].Held;
            for (int i = 0; i < held.Length; i++)
            {
                truth.Add(classes[held[i]]);
                logits.Add(trial.Logits![i]);
            }
        }

        if (truth.Count == 0) return task.Decisions;
        Decisions decisions = task.Decisions with { Temperature = TemperatureScaling.Fit(truth, logits) };
        if (_options.Abstain is not double accuracy || HeldOut(winner) is not (TaskData data, double[][] own)) return decisions;
        TextClassification calibrated = task with { Decisions = decisions, Calibrated = true };
        return decisions with { Abstain = Abstention.Choose(accuracy, task, data, [.. own.Select(calibrated.Decode)]) };
    }

    /// <summary>The labels that are probably wrong by what the winner said when they were held out; null where it has no classes.</summary>
    public IReadOnlyList<SuspiciousText>? Suspicious(Candidate winner) =>
        _data.Task is TextClassification task && HeldOut(winner) is (TaskData data, double[][] logits)
            ? SuspiciousTexts.OfClasses(task, data, logits)
            : null;

    /// <summary>Training examples that the winner was asked of without having seen them, each once, and its logits.</summary>
    private (TaskData Data, double[][] Logits)? HeldOut(Candidate winner)
    {
        List<int> places = [];
        List<double[]> logits = [];
        HashSet<int> seen = [];
        foreach (Trial trial in Trials(winner).Where(trial => trial.Logits is not null && !_plan[trial.Slot].FromEvaluation))
        {
            int[] held = _plan[trial.Slot].Held;
            for (int i = 0; i < held.Length; i++)
            {
                if (!seen.Add(held[i])) continue;
                places.Add(held[i]);
                logits.Add(trial.Logits![i]);
            }
        }

        return places.Count == 0 ? null : (_data.Train.Take(places), [.. logits]);
    }

    /// <summary>
    /// What a hundred more labels would bring, by the winner's score with half of the labels: error falls with one over the root of their
    /// number. Null where there is no time.
    /// </summary>
    public double? HundredMore(Candidate winner, CancellationToken cancellationToken)
    {
        if (_data.Train.Count < FewestForGain) return null;
        List<double> gains = [];
        foreach (Slot slot in _plan.Take((int)HalfTrials))
        {
            Trial? whole = Trials(winner).FirstOrDefault(trial => trial.Slot == slot.Number);
            if (whole is null || Elapsed + (whole.Seconds / 2) + Refit(winner) > Deadline) break;
            int[] half = [.. slot.Train.Where((_, i) => i % 2 == 0)];
            if (_data.Task is TextClassification task && task.Truth(_data.Train.Take(half)).Distinct().Count() < task.Labels.Count) break;
            gains.Add(whole.Score - Trial.Of(winner, _data, slot with { Train = half }, cancellationToken).Score);
        }

        if (gains.Count == 0) return null;
        double count = _data.Train.Count, slope = gains.Average() / ((1 / Math.Sqrt(count / 2)) - (1 / Math.Sqrt(count)));
        return Math.Max(0, slope * ((1 / Math.Sqrt(count)) - (1 / Math.Sqrt(count + 100))));
    }

    /// <summary>The record of the choice.</summary>
    public RunChoice Record(Candidate winner, ScoreInterval estimate, double? more, TimeSpan took)
    {
        RunEstimate expected = new(_data.Task.MainMetric, estimate.Value, estimate.Low, estimate.High);
        double[] words =
        [
            .. _candidates
                .Where(candidate => candidate.Way == "words" && candidate.Name != winner.Name && Trials(candidate).Any())
                .Select(candidate => Standing(candidate).Mean),
        ];
        bool isShare = new NamedScore(expected.Metric, estimate).IsShare;
        string over =
            words.Length > 0 && winner.Way != "words"
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $", {(isShare ? 100 : 1) * (estimate.Value - words.Max()):+0.0;-0.0} over word counts"
                )
                : "";
        return new RunChoice(
            winner.Name,
            [.. _candidates.Select(candidate => Entry(candidate, winner))],
            expected,
            $"{winner.Name}, {AutoTuning.Say(expected)}{over}; {AutoTuning.Say(took)}"
        )
        {
            HundredMoreLabels = more,
        };
    }

    private RunCandidate Entry(Candidate candidate, Candidate winner)
    {
        ScoreInterval interval = _choice.Interval(Standing(candidate).Units);
        bool known = Trials(candidate).Any();
        string status = candidate == winner ? "winner" : _status.GetValueOrDefault(candidate.Name, "compared");
        return new(
            candidate.Name,
            known ? interval.Value : null,
            Finite(interval.Low),
            Finite(interval.High),
            Math.Round(Trials(candidate).Sum(trial => trial.Seconds), 2),
            status
        );

        double? Finite(double value) => known && double.IsFinite(value) ? value : null;
    }

    /// <summary>Whether a trial, and the last fit after it, end in time.</summary>
    private bool FitsIn(Candidate candidate, Slot slot)
    {
        double trial = Trials(candidate)
            .Select(done => done.Seconds)
            .DefaultIfEmpty(candidate.Guess(_data, slot.Train.Length)?.TotalSeconds ?? 1)
            .Average();
        double refit = LastFits * trial * _data.Train.Count / slot.Train.Length;
        if (Tried() is { Length: > 0 }) refit = Math.Max(refit, Refit(Winner()));
        return Elapsed + trial + refit + RefitStart <= Deadline;
    }

    private double Refit(Candidate candidate) =>
        (LastFits * Trials(candidate).Average(trial => trial.Seconds * _data.Train.Count / _plan[trial.Slot].Train.Length)) + RefitStart;

    private void Eliminate(List<Candidate> alive)
    {
        Candidate[] tried = [.. alive.Where(candidate => Trials(candidate).Any())];
        if (tried.Length < 2) return;
        IReadOnlyList<Standing> standings = Standings(tried);
        Standing best = standings.MaxBy(standing => standing.Mean)!;
        foreach (Standing worse in standings.Where(standing => standing.Name != best.Name && _choice.IsClearlyWorse(standing, best)))
        {
            if (_byExample && _store.All.Where(trial => trial.Candidate == worse.Name).Sum(trial => trial.Credits.Length) < 30) continue;
            alive.RemoveAll(candidate => candidate.Name == worse.Name);
            _status[worse.Name] = "eliminated";
        }
    }

    private Candidate[] Tried() => [.. _candidates.Where(candidate => Trials(candidate).Any())];

    private IEnumerable<Trial> Trials(Candidate candidate) => _store.All.Where(trial => trial.Candidate == candidate.Name);

    private IReadOnlyList<Standing> Standings(IEnumerable<Candidate> candidates) => [.. candidates.Select(Standing)];

    /// <summary>By example the mean credit over repeats; by fold the metric.</summary>
    private Standing Standing(Candidate candidate)
    {
        double[] sums = new double[_byExample ? (_plan[0].FromEvaluation ? _data.Evaluation!.Count : _data.Train.Count) : _plan.Count],
            counts = new double[sums.Length];
        foreach (Trial trial in Trials(candidate))
        {
            int[] units = _byExample ? _plan[trial.Slot].Held : [trial.Slot];
            double[] values = _byExample ? trial.Credits : [trial.Score];
            for (int i = 0; i < units.Length; i++) (sums[units[i]], counts[units[i]]) = (sums[units[i]] + values[i], counts[units[i]] + 1);
        }

        return new Standing(candidate.Name, candidate.Cost, [.. sums.Zip(counts, (sum, count) => count > 0 ? sum / count : double.NaN)]);
    }
}
