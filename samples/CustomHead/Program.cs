using CustomHead;
using Graft;
using Graft.Backbones;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Tasks;
using Graft.Training;

// dotnet run --project samples/CustomHead -- samples models/graft-small runs/opinion
(string samples, string model, string run) = (args[0], args[1], args[2]);

// It stands where a token classifier would: on the states of all tokens, without a pooler.
ModelHeads.Register(
    new HeadDefinition(MeanAndMax.Name, context => new MeanAndMax(context.Config)) { Like = HeadKinds.TokenClassification }
);
FineTuningTasks.Register("opinion", () => new Opinion());
PretrainingObjectives.Register(
    new PretrainingObjectiveDefinition(
        "comb",
        HeadKinds.MaskedLm,
        context => new Comb(context.Tokenizer.MaskId ?? throw new InputException("comb needs a tokenizer with a mask token"), gap: 7)
    )
);

// Pre-training goes on with the objective, ...
PretrainingOptions options = new()
{
    Objective = "comb",
    MaxLength = 32,
    BatchSize = 8,
    HeldOutSequences = 8,
    Training = new TrainingOptions { Steps = 4, LearningRate = 1e-4 },
};
string domain = Path.Combine(run, "domain");
PretrainingJob job = new(options, null, model, null, [Path.Combine(samples, "beekeeping", "train.txt")], domain)
{
    HeldOutShare = 0.25,
};
foreach (TermResult term in await job.RunAsync())
    Console.WriteLine($"{term.Name}: {term.Items} tokens, loss {term.Loss:0.000}");

// ... and its model is fine-tuned with the head.
FineTuningResult trained = await FineTuning.RunAsync(
    new FineTuningOptions
    {
        Model = domain,
        Task = new Opinion(),
        Train = Path.Combine(samples, "reviews", "train.tsv"),
        Evaluation = Path.Combine(samples, "reviews", "dev.tsv"),
        Output = Path.Combine(run, "opinion"),
        Training = new TrainingOptions { Epochs = 3 },
    }
);
Console.WriteLine($"trained: {trained.Scores[0].Name} {trained.Scores[0].Interval.Value:0.000}");

using Predictor predictor = Predictor.Load(trained.Folder);
Console.WriteLine($"predicted: {predictor.Predict("The soup was cold and nobody said sorry.").Answer}");
