using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

public static class Answering
{
    /// <summary>Fine-tunes the model that the package brings on the file of labelled texts, and asks it once.</summary>
    public static string TrainAndAsk(string train)
    {
        FineTuningResult run = FineTuning.Run(new FineTuningOptions
        {
            Model = "graft-small",
            Task = new TextClassification(),
            Train = train,
            Output = Path.Combine(Path.GetDirectoryName(train)!, "run"),
            Overwrite = true,
        });
        using Predictor predictor = Predictor.Load(run.Folder);
        return $"Answer {predictor.Predict("wonderful").Answer}";
    }
}
