using Graft.Data;
using Graft.Tasks;
using Microsoft.Extensions.Logging;

namespace Graft.Inference;

/// <summary>A row of what was asked, with its answer or why there is none.</summary>
/// <param name="Number">The number of the record, from 1; a header is none.</param>
/// <param name="Id">What the file's id column says; null where it has none.</param>
/// <param name="Data">The part of the file it is of; null where the row could not be read.</param>
/// <param name="Example">The place in that part.</param>
/// <param name="Prediction">The answer; null where there is none.</param>
/// <param name="Failure">Why there is none; null where there is one.</param>
public sealed record AnsweredRow(long Number, string? Id, TaskData? Data, int Example, Prediction? Prediction, BadRow? Failure);

/// <summary>A part of the rows that were asked for, in order.</summary>
/// <param name="Rows">The rows.</param>
public sealed record AnsweredRows(IReadOnlyList<AnsweredRow> Rows);

/// <summary>
/// Answers files and lines of any size a part at a time, one answer for each record: what cannot be read is answered with the reason.
/// </summary>
/// <param name="predictor">The model.</param>
/// <param name="inCodePoints">Whether offsets count code points instead of UTF-16 units.</param>
/// <param name="cancellationToken">Stops between batches.</param>
public sealed class PredictionStream(Predictor predictor, bool inCodePoints = false, CancellationToken cancellationToken = default)
{
    /// <summary>Told how a file is read.</summary>
    public ILogger? Logger { get; init; }

    /// <summary>Answers a file; a run's is read as its training data was.</summary>
    /// <param name="path">The file, or a folder or pattern of shards.</param>
    /// <param name="columns">What the user says about it.</param>
    /// <param name="examples">The most examples at once.</param>
    /// <exception cref="InputException">The file cannot be read.</exception>
    public IEnumerable<AnsweredRows> OfFile(string path, ColumnOptions columns, int examples)
    {
        Queue<BadRow> failures = new();
        bool isTold = false;
        ColumnOptions options = columns with
        {
            Trained = predictor.Trained,
            RequireLabel = false,
            CountBlankLines = true,
            Part = DataPart.Evaluation,
        };
        foreach (TaskData data in predictor.Task.Stream(path, options, examples, failures.Enqueue))
        {
            if (!isTold) data.TellReading(predictor.Trained, Logger);
            isTold = true;
            yield return Answer(data, [.. Enumerable.Range(0, data.Count).Select(data.RowOf)], failures);
        }

        if (failures.Count > 0) yield return new AnsweredRows([.. failures.Select(Failed)]);
    }

    /// <summary>Answers lines, each a text, with a tab before a second text.</summary>
    /// <param name="reader">Where they come from.</param>
    /// <param name="lines">The most lines at once.</param>
    public IEnumerable<AnsweredRows> OfLines(TextReader reader, int lines)
    {
        foreach ((long Number, string Text)[] part in Lines(reader).Chunk(lines))
        {
            (long Number, string Text)[] asked = [.. part.Where(line => !string.IsNullOrWhiteSpace(line.Text))];
            Queue<BadRow> blank = new(
                part.Where(line => string.IsNullOrWhiteSpace(line.Text))
                    .Select(line => new BadRow("stdin", line.Number, "the line is blank") { Row = line.Number })
            );
            if (asked.Length == 0)
            {
                yield return new AnsweredRows([.. blank.Select(Failed)]);
                continue;
            }

            TaskData data = predictor.Task.FromTexts([
                .. asked.Select(line =>
                    line.Text.IndexOf('\t', StringComparison.Ordinal) is >= 0 and int tab
                        ? (line.Text[..tab], line.Text[(tab + 1)..])
                        : (line.Text, (string?)null)
                ),
            ]);
            yield return Answer(data, [.. asked.Select(line => line.Number)], blank, all: true);
        }
    }

    private static IEnumerable<(long, string)> Lines(TextReader reader)
    {
        for (long number = 1; reader.ReadLine() is { } line; number++) yield return (number, line);
    }

    /// <summary>The answers of a part with the failures that stand before or, where these are all, behind its last row.</summary>
    private AnsweredRows Answer(TaskData data, long[] numbers, Queue<BadRow> failures, bool all = false)
    {
        IReadOnlyList<Prediction> predictions = predictor.Predict(data, cancellationToken);
        List<AnsweredRow> rows = [];
        for (int i = 0; i < predictions.Count; i++)
        {
            while (failures.Count > 0 && failures.Peek().Row < numbers[i])
                rows.Add(Failed(failures.Dequeue()));
            rows.Add(
                new AnsweredRow(
                    numbers[i],
                    data.IdOf(i),
                    data,
                    i,
                    inCodePoints ? predictions[i].InCodePoints(data.PairOf(i)) : predictions[i],
                    null
                )
            );
        }

        while (all && failures.Count > 0) rows.Add(Failed(failures.Dequeue()));
        return new AnsweredRows(rows);
    }

    private static AnsweredRow Failed(BadRow row) => new(row.Row, row.Id, null, 0, null, row);
}
