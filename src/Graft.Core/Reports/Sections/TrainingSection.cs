using Graft.Evaluation;
using Graft.Reports.Plots;

namespace Graft.Reports.Sections;

/// <summary>A measurement made while training.</summary>
/// <param name="Step">The update it was made after.</param>
/// <param name="TrainingLoss">Mean loss of the updates since the measurement before; NaN where none was taken.</param>
/// <param name="DevelopmentLoss">Loss on development data; NaN where none was taken.</param>
/// <param name="DevelopmentScore">The main score on development data; NaN where none was taken.</param>
internal sealed record TrainingPoint(
    int Step,
    double TrainingLoss,
    double DevelopmentLoss = double.NaN,
    double DevelopmentScore = double.NaN
);

/// <summary>Learning curves, with the point where development loss turned.</summary>
internal static class TrainingSection
{
    /// <summary>Builds the section; null when nothing was measured.</summary>
    /// <param name="history">The measurements in order.</param>
    /// <param name="scoreName">What the development score is.</param>
    /// <param name="facts">Lines about the run: learning rate and why, epochs, time, tokens a second.</param>
    public static ReportSection? Build(IReadOnlyList<TrainingPoint> history, string scoreName, IReadOnlyList<KeyFigure> facts)
    {
        LineSeries[] losses = new[]
        {
            Series("training", point => point.TrainingLoss),
            Series("development", point => point.DevelopmentLoss),
        }
            .Where(series => series.Points.Count > 0)
            .ToArray();
        if (losses.Length == 0)
            return null;
        List<ReportBlock> blocks = [];
        if (facts.Count > 0) blocks.Add(new KeyFigures(facts));
        TrainingPoint? turn = Turn(history);
        PlotMarker[] markers = turn is null ? [] : [new PlotMarker(turn.Step, turn.DevelopmentLoss, "development loss turned")];
        List<Plot> plots = [new LinePlot("Loss", "update", "loss", losses, markers)];
        LineSeries score = Series("development", point => point.DevelopmentScore);
        if (score.Points.Count > 0)
            plots.Add(new LinePlot($"Development {scoreName.Replace('_', ' ')}", "update", scoreName.Replace('_', ' '), [score]));
        blocks.Add(new PlotBlock(plots));
        int measured = history.Count(point => double.IsFinite(point.DevelopmentLoss));
        if (turn is not null || measured > 1)
            blocks.Add(
                new Paragraph(
                    turn is null
                        ? "Development loss was still falling at the end: more epochs may help."
                        : $"Development loss was lowest after update {Format.Count(turn.Step)} and rose afterwards: from there on the "
                            + $"model learned its training examples rather than the task. Fewer epochs, or keep best, would stop there."
                )
            );
        return new ReportSection("Training", blocks);

        LineSeries Series(string name, Func<TrainingPoint, double> value) =>
            LineSeries.Of(name, history.Where(point => double.IsFinite(value(point))).Select(point => ((double)point.Step, value(point))));
    }

    /// <summary>The measurement with the lowest development loss, unless it is the last.</summary>
    /// <example>losses 0.7, 0.5, 0.6 → the second; 0.7, 0.6, 0.5 → null</example>
    public static TrainingPoint? Turn(IReadOnlyList<TrainingPoint> history)
    {
        TrainingPoint[] measured = history.Where(point => double.IsFinite(point.DevelopmentLoss)).ToArray();
        TrainingPoint? lowest = measured.MinBy(point => point.DevelopmentLoss);
        return lowest is null || ReferenceEquals(lowest, measured[^1]) ? null : lowest;
    }
}
