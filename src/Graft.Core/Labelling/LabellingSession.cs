using System.Numerics.Tensors;
using Graft.Data;

namespace Graft.Labelling;

/// <summary>
/// A pile of texts on its way to training data: says which text to label next, keeps answers on the disk, and fits a small model beside it
/// that suggests.
/// <code>
/// using LabellingSession session = LabellingSession.Open(
///     texts, new LabellingOptions { LabelNames = ["bad", "good"], Output = "labels.jsonl" });
/// session.Embed(batch => embedder.Embed(batch).Vectors);
/// for (; session.Next("anna") is { } question;) session.Answer(new LabelAnswer(question.Id, "anna", [Ask(question)]));
/// </code>
/// Safe to use from several threads.
/// </summary>
public sealed partial class LabellingSession : IDisposable
{
    private const int TextsAtOnce = 64;
    private readonly Lock _lock = new();
    private readonly LabellingOptions _options;
    private readonly LabelLog _log;
    private readonly string[] _ids;
    private readonly LabelledText[] _texts;
    private readonly Dictionary<string, int> _rows;
    private readonly int[] _permutation;
    private readonly LabelStandings<bool> _standings = new();
    // what each person may undo, last at the end
    private readonly Dictionary<string, List<LabelRecord[]>> _acts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (int Row, bool Random)> _asked = new(StringComparer.Ordinal); // by person
    private readonly List<int> _labelled = []; // rows in the order of their first label
    private readonly HashSet<int> _inOrder = [];
    private readonly Dictionary<string, int> _turns = new(StringComparer.Ordinal);
    // What is chosen may not depend on what was drawn at random: the score is measured on the drawn ones, each by a model that did not
    // see it, and a chooser that keeps away from them would leave every one of them alone in its place when it is held out.
    private readonly HashSet<int> _drawn = [];
    private int _randomEnd; // texts before this place of the permutation count as drawn at random
    private int _embedded;
    private int _disposed;

    private LabellingSession(LabellingOptions options, LabelLog log, LabelledText[] texts, string[] ids)
    {
        (_options, _log, _texts, _ids) = (options, log, texts, ids);
        _rows = ids.Select((id, row) => (id, row)).ToDictionary(pair => pair.id, pair => pair.row, StringComparer.Ordinal);
        _permutation = [.. Enumerable.Range(0, texts.Length)];
        CounterRandom random = new(CounterRandom.Key(options.Seed, 1));
        random.Shuffle<int>(_permutation);
        _random = new CounterRandom(CounterRandom.Key(options.Seed, 2, (ulong)log.Records.Count));
    }

    /// <summary>Begins, or goes on where the file of labels ends.</summary>
    /// <param name="texts">The texts, labelled or not; their labels are not looked at.</param>
    /// <param name="options">The names of labels and the file.</param>
    /// <exception cref="InputException">An option is impossible, or the file belongs to other texts or other labels, or another process has
    /// it.</exception>
    public static LabellingSession Open(IEnumerable<LabelledText> texts, LabellingOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        LabelledText[] all = [.. texts];
        if (all.Length == 0)
            throw new InputException("there are no texts to label");
        bool named =
            Array.TrueForAll(all, text => text.Id is not null)
            && all.DistinctBy(text => text.Id, StringComparer.Ordinal).Count() == all.Length;
        string[] ids = [.. all.Select((text, i) => named ? text.Id! : FormattableString.Invariant($"{i + 1}"))];
        LabelLog log = LabelLog.Open(options.Output);
        LabellingSession session = new(options, log, all, ids);
        try
        {
            foreach (LabelRecord record in log.Records) session.Check(record);
            foreach (LabelRecord record in log.Records) session.Take([record]);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>The label names.</summary>
    public IReadOnlyList<string> LabelNames => _options.LabelNames;

    /// <summary>Whether a text may get several labels.</summary>
    public bool Several => _options.Several;

    /// <summary>The number of texts.</summary>
    public int Count => _texts.Length;

    /// <summary>
    /// The text that a person should label next: what they were asked and did not answer, a random one, or the one that teaches most.
    /// </summary>
    /// <returns>Null where everything is labelled or left out.</returns>
    internal LabelQuestion? Next(string person)
    {
        RequireName(person);
        RequireFitting();
        lock (_lock)
        {
            if (!_asked.TryGetValue(person, out (int Row, bool Random) asked) || !IsOpen(asked.Row, person, asked.Random))
            {
                asked = Draw(person);
                if (asked.Row < 0) return null;
                _asked[person] = asked;
            }

            double[] probabilities = _model is null ? [] : _model.Probabilities(Vector(asked.Row));
            string[] suggested = _model is null ? [] : Names(_model.Answer(probabilities));
            return new LabelQuestion(
                _ids[asked.Row],
                _texts[asked.Row].Text,
                _texts[asked.Row].Pair,
                suggested,
                probabilities,
                asked.Random,
                OpenDuplicates(asked.Row).Count
            );
        }
    }

    /// <summary>Keeps an answer: it is on the disk when this returns.</summary>
    /// <returns>The number of texts it was kept for: more than one with near duplicates.</returns>
    /// <exception cref="InputException">The id or a label is unknown, or the number of labels is wrong.</exception>
    /// <exception cref="RunFailedException">The disk did not take it.</exception>
    internal int Answer(LabelAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        RequireName(answer.By);
        lock (_lock)
        {
            int row = _rows.TryGetValue(answer.Id, out int found) ? found : throw new InputException("id", answer.Id, "the id of a text");
            string[] labels = answer.Skip ? [] : Checked(answer.Labels);
            bool random = _asked.TryGetValue(answer.By, out (int Row, bool Random) asked) && asked.Row == row && asked.Random;
            LabelAct act = answer.Skip ? LabelAct.Skip : answer.Decide ? LabelAct.Decide : LabelAct.Label;
            List<int> rows = [row];
            if (answer.WithDuplicates && act == LabelAct.Label) rows.AddRange(OpenDuplicates(row));
            DateTimeOffset now = DateTimeOffset.UtcNow;
            LabelRecord[] records =
            [
                .. rows.Select(r => new LabelRecord(act, _ids[r], answer.By, labels)
                {
                    Text = _texts[r].Text,
                    Pair = _texts[r].Pair,
                    Note = r == row ? answer.Note : null,
                    Random = random && r == row,
                    Several = Several,
                    At = now,
                }),
            ];
            _log.Append(records);
            Take(records);
            _asked.Remove(answer.By);
            Wake();
            return records.Length;
        }
    }

    /// <summary>Takes a person's last act back, with the near duplicates it was kept for; the text is asked again.</summary>
    /// <returns>The text's id; null where there is nothing to take back.</returns>
    /// <exception cref="RunFailedException">The disk did not take it.</exception>
    public string? Undo(string person)
    {
        RequireName(person);
        lock (_lock)
        {
            if (!_acts.TryGetValue(person, out List<LabelRecord[]>? acts) || acts.Count == 0) return null;
            LabelRecord[] last = acts[^1];
            LabelRecord[] records =
            [
                .. last.Select(record => new LabelRecord(LabelAct.Undo, record.Id, person, []) { At = DateTimeOffset.UtcNow }),
            ];
            _log.Append(records);
            Take(records);
            _asked[person] = (_rows[last[0].Id], last[0].Random);
            Wake();
            return last[0].Id;
        }
    }

    /// <summary>The number of texts that have a label.</summary>
    public int LabelledCount => State().Labelled;

    /// <summary>Where labelling stands.</summary>
    internal LabellingState State()
    {
        lock (_lock)
        {
            Dictionary<string, int> counts = LabelNames.ToDictionary(name => name, _ => 0, StringComparer.Ordinal);
            int labelled = 0;
            foreach (int row in _labelled)
            {
                if (_standings.Winner(_ids[row]) is not { } winner) continue;
                labelled++;
                foreach (string label in winner.Record.Labels) counts[label]++;
            }

            (IReadOnlyList<Disagreement> open, IReadOnlyList<Agreement> agreements) = People();
            return new LabellingState
            {
                Texts = _texts.Length,
                Labelled = labelled,
                Counts = counts,
                Embedded = Volatile.Read(ref _embedded),
                ModelLabels = _model?.Examples ?? 0,
                Estimate = _estimate,
                Doubted = Doubted(),
                Disagreements = open,
                Agreements = agreements,
            };
        }
    }

    /// <summary>Ends the background work and closes the file.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1) return;
        _log.Dispose();
        StopFitting();
    }

    private static void RequireName(string person)
    {
        if (string.IsNullOrWhiteSpace(person) || person.Length > 100 || person.Any(char.IsControl))
            throw new InputException("by", person ?? "", "a name of 1 to 100 characters");
    }

    private string[] Checked(IReadOnlyList<string> labels)
    {
        foreach (string label in labels)
        {
            if (!LabelNames.Contains(label, StringComparer.Ordinal))
                throw new InputException("labels", label, $"of {string.Join(", ", LabelNames)}");
        }

        if (!Several && labels.Count != 1) throw new InputException("labels", string.Join(',', labels), "exactly one label");
        return [.. LabelNames.Where(name => labels.Contains(name, StringComparer.Ordinal))];
    }

    /// <summary>Refuses a file that was made of other texts or with other labels.</summary>
    private void Check(LabelRecord record)
    {
        if (
            !_rows.TryGetValue(record.Id, out int row)
            || (record.Act is LabelAct.Label or LabelAct.Decide && (record.Text != _texts[row].Text || record.Pair != _texts[row].Pair))
        )
            throw new InputException(
                $"{_options.Output}: the text of id {record.Id} is not the one of the input; continue with the same input, or name a "
                    + $"new `output`"
            );
        if (record.Labels.FirstOrDefault(label => !LabelNames.Contains(label, StringComparer.Ordinal)) is string unknown)
            throw new InputException($"{_options.Output}: id {record.Id} has the label {unknown}, which `label-names` lacks; add it there");
        if (record.Act is LabelAct.Label or LabelAct.Decide && record.Several != Several)
            throw new InputException(
                $"{_options.Output}: made for a task with {(record.Several ? "several labels a text" : "one label a text")}; name the "
                    + $"same `task`, or a new `output`"
            );
    }

    private void Take(LabelRecord[] records)
    {
        foreach (LabelRecord record in records)
        {
            _standings.Add(record, default);
            int row = _rows[record.Id];
            if (record.Act is LabelAct.Label or LabelAct.Decide && _inOrder.Add(row))
            {
                _labelled.Add(row);
                if (!record.Random) _chooser?.Cover(row);
            }

            if (!record.Random) continue;
            _drawn.Add(row);
            _randomEnd = Math.Max(_randomEnd, Array.IndexOf(_permutation, row) + 1);
        }

        string by = records[0].By;
        if (!_acts.TryGetValue(by, out List<LabelRecord[]>? acts)) _acts[by] = acts = [];
        if (records[0].Act != LabelAct.Undo)
        {
            acts.Add(records);
            if (records[0].Act != LabelAct.Decide) _turns[by] = _turns.GetValueOrDefault(by) + 1;
            return;
        }

        foreach (LabelRecord record in records)
        {
            int last = acts.FindLastIndex(act => act.Any(undone => undone.Id == record.Id));
            if (last >= 0) acts.RemoveAt(last);
        }
    }

    private (int Row, bool Random) Draw(string person)
    {
        int turn = _turns.GetValueOrDefault(person);
        bool random = _chooser is null || (int)((turn + 1) * _options.RandomShare) > (int)(turn * _options.RandomShare);
        if (!random)
        {
            int chosen = _chooser!.Choose(row => IsOpen(row, person, false), _permutation, ref _random);
            if (chosen >= 0) return (chosen, false);
        }

        foreach (int row in _permutation)
        {
            if (IsOpen(row, person, true)) return (row, true);
        }

        return (-1, false);
    }

    /// <summary>
    /// Whether a person may be asked: random texts are everybody's, so that agreement can be measured; the others one person's.
    /// </summary>
    private bool IsOpen(int row, string person, bool random)
    {
        if (_standings.Of(_ids[row], person) is not null) return false;
        if (random && _turns.Count > 1) return true;
        return _standings.Winner(_ids[row]) is null && !_asked.Any(other => other.Key != person && other.Value.Row == row);
    }

    private List<int> OpenDuplicates(int row) =>
        _chooser is null ? [] : _chooser.Near(row, _options.DuplicateFrom).FindAll(other => !_standings.Of(_ids[other]).Any());

    private string[] Names(int[] labels) => [.. labels.Select(label => LabelNames[label])];

    private ReadOnlySpan<float> Vector(int row) => _features.AsSpan(row * _width, _width);

    private static float[] Unit(ReadOnlySpan<float> vector)
    {
        float[] unit = new float[vector.Length];
        float length = TensorPrimitives.Norm(vector);
        if (length > 0) TensorPrimitives.Divide(vector, length, unit);
        return unit;
    }
}
