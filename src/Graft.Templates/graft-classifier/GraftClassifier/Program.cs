using Graft.Inference;
using Graft.Tasks;
using GraftClassifier;

const string Folder = "runs/first";
if (args is ["train"])
{
    FineTuningResult run = Classifier.Train(Folder);
    Console.WriteLine($"{run.Scores[0].Name} {run.Scores[0].Interval.Value:P1}; {Path.Combine(run.Folder, "report.html")} has the details");
    return 0;
}

if (args is ["predict", var text])
{
    using Predictor predictor = Classifier.Load(Folder);
    Prediction answer = predictor.Predict(text);
    Console.WriteLine($"{answer.Answer} {answer.Confidence:P0}");
    return 0;
}

Console.Error.WriteLine("usage: train | predict TEXT");
return 2;
