using CustomTask;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Training;

// dotnet run --project samples/CustomTask -- samples/reviews models/graft-small runs/verdict
(string data, string model, string run) = (args[0], args[1], args[2]);

// From here on runs, predictors and run folders know the task by its name.
FineTuningTasks.Register("verdict", () => new Verdict());
TaskObjectives.Register<Verdict>(_ => new HingeObjective());
TaskMetrics.Register(new UndecidedMetric());

FineTuningOptions options = new()
{
    Model = model,
    Task = new Verdict(),
    Train = Path.Combine(data, "train.tsv"),
    Evaluation = Path.Combine(data, "dev.tsv"),
    Output = run,
    Epochs = 3,
};
FineTuningResult trained = await FineTuning.RunAsync(options, observers: [new StopWhenGood(accuracy: 0.95)]);
Console.WriteLine($"trained: {string.Join(", ", trained.Scores.Select(score => $"{score.Name} {score.Interval.Value:0.000}"))}");

RunEvaluation evaluation = await RunEvaluation.EvaluateAsync(run, Path.Combine(data, "test.tsv"));
Console.WriteLine($"test: {string.Join(", ", evaluation.Scores.Select(score => $"{score.Name} {score.Interval.Value:0.000}"))}");

using Predictor predictor = Predictor.Load(run);
VerdictPrediction verdict = predictor.Predict<VerdictPrediction>("The soup was cold and nobody said sorry.");
Console.WriteLine($"predicted: {verdict.Answer} ({verdict.Score:0.00})");

/// <summary>A callback: it watches the run, and here it ends it.</summary>
internal sealed class StopWhenGood(double accuracy) : ITrainingObserver
{
    public bool StopsRun { get; private set; }
    public void Evaluated(EvaluationRecord evaluation) => StopsRun = evaluation.Metrics["accuracy"] >= accuracy;
}
