using CustomBackbone;
using Graft.Backbones;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

// A family registered by code, fine-tuned on samples/, saved and loaded: dotnet run --project samples/CustomBackbone -- REPOSITORY OUTPUT
(string repository, string output) = (args[0], args[1]);
ModelFamilies.Register(new PrimerFamily());

string tokenizer = Path.Combine(repository, "models", "graft-small"), model = Path.Combine(output, "model");
ModelConfig config = new PrimerConfig([]).With("vocab_size", 16_115);
using (PretrainedModel made = PretrainedModel.Create(config, HeadKinds.None, seed: 1, tokenizer)) made.Save(model);

FineTuningResult run = FineTuning.Run(new FineTuningOptions
{
    Model = model,
    Task = new TextClassification(),
    Train = Path.Combine(repository, "samples", "reviews", "train.tsv"),
    Evaluation = Path.Combine(repository, "samples", "reviews", "dev.tsv"),
    Output = Path.Combine(output, "run"),
    Epochs = 3,
    LearningRate = 3e-3,
});
Console.WriteLine($"{run.Scores[0].Name} {run.Scores[0].Interval.Value:P1}");

using Predictor predictor = Predictor.Load(run.Folder);
Console.WriteLine(predictor.Predict("The soup was cold and nobody said sorry.").Answer);
