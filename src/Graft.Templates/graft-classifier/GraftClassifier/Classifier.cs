using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Graft.Tuning;

namespace GraftClassifier;

/// <summary>Trains on data/train.tsv, is judged on data/dev.tsv, and answers from the folder that a run leaves.</summary>
public static class Classifier
{
    /// <summary>The folder of the labelled texts: a column "text", a column "label". Put yours there.</summary>
    public static string Data { get; } = Path.Combine(AppContext.BaseDirectory, "data");

    /// <summary>
    /// Fits a classifier on the vectors of graft-small, which takes seconds. With thousands of labels, or a larger model, leave
    /// <c>Strategy</c> out: all of the model is then fine-tuned. Every other option has a default (learning rate, epochs, seed).
    /// </summary>
    public static FineTuningResult Train(string output) => FineTuning.Run(new FineTuningOptions
    {
        Model = "graft-small", // comes with the package Graft.Models.Small; a folder with a published model serves better
        Task = new TextClassification(),
        Strategy = new HeadTuning { OnVectors = true },
        Train = Path.Combine(Data, "train.tsv"),
        Evaluation = Path.Combine(Data, "dev.tsv"),
        Output = output,
    });

    /// <summary>A trained classifier.</summary>
    public static Predictor Load(string folder) => Predictor.Load(folder);
}
