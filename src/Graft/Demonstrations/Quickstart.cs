using System.Globalization;
using Graft.Evaluation;
using Graft.Inference;
using Graft.Reports;
using Graft.Reports.Plots;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Demonstrations;

/// <summary>What the quickstart works on and where it writes.</summary>
public sealed record QuickstartOptions
{
    /// <summary>The folder with <c>reviews/{train,dev,test}.tsv</c>.</summary>
    public required string Samples { get; init; }

    /// <summary>The pre-trained model to start from.</summary>
    public required string Model { get; init; }

    /// <summary>The folder to write; an earlier quickstart there is replaced.</summary>
    /// <value>graft-quickstart</value>
    public string Output { get; init; } = "graft-quickstart";

    /// <summary>Runs a method.</summary>
    /// <value>3</value>
    public int Seeds { get; init; } = 3;
}

/// <summary>What the quickstart found.</summary>
/// <param name="Methods">Each method's test accuracy, the simplest first.</param>
/// <param name="Answers">Sentences nobody has labelled, with the model's answers.</param>
/// <param name="Report">The report's path.</param>
/// <param name="Model">The folder of the fine-tuned model.</param>
public sealed record QuickstartResult(
    IReadOnlyList<MethodScore> Methods, IReadOnlyList<(string Text, Prediction Answer)> Answers, string Report, string Model);

/// <summary>A method's test accuracy: the mean over seeds, between the worst and the best seed.</summary>
public sealed record MethodScore(string Method, ScoreInterval Accuracy, string How);

/// <summary>
/// The whole paradigm in a few minutes, offline: a pre-trained model against the same model from scratch on the same few hundred examples,
/// learning rates tuned for both on development data, baselines beside them.
/// </summary>
public static class Quickstart
{
    private static readonly double[] s_pretrainedRates = [2e-4, 5e-4];
    private static readonly double[] s_scratchRates = [5e-4, 1e-3];
    private static readonly string[] s_questions =
    [
        "The staff were lovely and the room had a view of the whole bay.",
        "It broke on the second day and nobody answers my letters.",
        "We waited an hour in the rain for a bus that never came.",
    ];

    /// <summary>Runs everything.</summary>
    /// <param name="options">Where and on what.</param>
    /// <param name="logger">Takes lines for people.</param>
    /// <param name="cancellationToken">Stops between runs.</param>
    /// <exception cref="InputException">The samples are not there, or the output folder holds something else.</exception>
    public static QuickstartResult Run(QuickstartOptions options, ILogger logger, CancellationToken cancellationToken = default)
    {
        Clear(options.Output);
        logger.Tell(
            $"starting from {Path.GetFileName(options.Model)}, which comes with Graft (its README.md says what it read); epochs, batch "
                + $"and data are the same for both, learning rates are tuned for both on dev.tsv"
        );
        TextClassification task = new();
        string test = Data(options, "test");
        TaskData trainData = task.Read(Data(options, "train"), new(), labelled: true), testData = task.Read(test, new(), labelled: true);
        IReadOnlyDictionary<string, double> baselines = task.WithLabelsOf(trainData).Baselines(trainData, testData);

        logger.Tell($"from scratch: the same network with randomly initialised weights, on the same {trainData.Count} labelled texts");
        MethodScore scratch = Best("from scratch", options, s_scratchRates, fromScratch: true, test, logger, cancellationToken, out _);
        logger.Tell("pre-trained: fine-tuning");
        MethodScore tuned = Best(
            "pre-trained, fine-tuned",
            options,
            s_pretrainedRates,
            fromScratch: false,
            test,
            logger,
            cancellationToken,
            out string folder
        );
        MethodScore[] methods =
        [
            Exactly("majority class", baselines["majority_class"], "always the most frequent label"),
            Exactly("naive Bayes", baselines["naive_bayes"], "words and pairs of words, no network"),
            scratch,
            tuned,
        ];
        using Predictor predictor = Predictor.Load(folder);
        (string, Prediction)[] answers = [.. s_questions.Select(text => (text, predictor.Predict(text)))];
        string report = WriteReport(options, methods, answers, trainData.Count, testData.Count);
        return new QuickstartResult(methods, answers, report, folder);
    }

    /// <summary>
    /// Tries each rate with one seed on the development data, then trains the better one with every seed and judges it on the test data.
    /// </summary>
    private static MethodScore Best(
        string method,
        QuickstartOptions options,
        double[] rates,
        bool fromScratch,
        string test,
        ILogger logger,
        CancellationToken cancellationToken,
        out string bestFolder
    )
    {
        string name = fromScratch ? "scratch" : "tuned";
        FineTuningOptions Options(double rate, ulong seed, string folder) => new()
        {
            Model = options.Model,
            Task = new TextClassification(),
            Train = Data(options, "train"),
            Evaluation = Data(options, "dev"),
            Output = Path.Combine(options.Output, folder),
            LearningRate = rate,
            BatchSize = 16,
            Epochs = 5,
            Encoding = new EncodingOptions { MaxLength = 64 },
            FromScratch = fromScratch,
            Training = new TrainingOptions { Seed = seed, EvaluateEvery = long.MaxValue },
        };

        double best = rates.MaxBy(rate =>
            FineTuning
                .Run(Options(rate, 1, FormattableString.Invariant($"{name}-rate-{rate}")), cancellationToken: cancellationToken)
                .Scores[0]
                .Interval.Value
        );
        List<double> accuracies = [];
        bestFolder = "";
        for (ulong seed = 42; seed < 42 + (ulong)options.Seeds; seed++)
        {
            string folder = FormattableString.Invariant($"{name}-seed-{seed}");
            FineTuning.Run(Options(best, seed, folder), cancellationToken: cancellationToken);
            bestFolder = Path.Combine(options.Output, folder);
            accuracies.Add(RunEvaluation.Evaluate(bestFolder, test, cancellationToken: cancellationToken).Runs[0].Scores[0].Interval.Value);
            logger.Tell(FormattableString.Invariant($"  seed {seed}: {100 * accuracies[^1]:0.0} % of the test texts right"));
        }

        return new MethodScore(
            method,
            new ScoreInterval(accuracies.Average(), accuracies.Min(), accuracies.Max()),
            string.Create(CultureInfo.InvariantCulture,
                $"mean of {options.Seeds} seeds, worst to best; learning rate {best}, the better of {string.Join(" and ", rates)} on "
                    + $"dev.tsv"
            )
        );
    }

    private static string WriteReport(
        QuickstartOptions options,
        IReadOnlyList<MethodScore> methods,
        IReadOnlyList<(string Text, Prediction Answer)> answers,
        int train,
        int test
    )
    {
        string path = Path.Combine(options.Output, "report.html");
        Report report = new("Graft quickstart", $"What pre-training is worth with {train} labelled texts, judged on {test} others");
        report.Add(
            new ReportSection(
                "Test accuracy",
                [
                    new PlotBlock(
                        new BarPlot(
                            "Accuracy on test.tsv",
                            [.. methods.Select(method => new Bar(method.Method, method.Accuracy, Muted: method != methods[^1]))]
                        )
                    ),
                    new ReportTable(
                        "Each method",
                        ["method", "accuracy", "how"],
                        [.. methods.Select(method => (IReadOnlyList<string>)[method.Method, Format.Percent(method.Accuracy), method.How])]
                    ),
                ]
            )
        );
        report.Add(
            new ReportSection(
                "Asked",
                [
                    new ReportTable(
                        "Sentences nobody has labelled",
                        ["text", "answer", "probability"],
                        [
                            .. answers.Select(answer =>
                                (IReadOnlyList<string>)[answer.Text, answer.Answer.Answer, Format.Percent(answer.Answer.Confidence ?? 1)]
                            ),
                        ]
                    ),
                ]
            )
        );
        report.Write(path);
        return path;
    }

    private static MethodScore Exactly(string method, double accuracy, string how) =>
        new(method, new ScoreInterval(accuracy, accuracy, accuracy), how);

    private static string Data(QuickstartOptions options, string split) => Path.Combine(options.Samples, "reviews", split + ".tsv");

    /// <summary>Removes an earlier quickstart, and nothing else.</summary>
    private static void Clear(string folder)
    {
        const string marker = ".graft-quickstart";
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            if (!File.Exists(Path.Combine(folder, marker)))
                throw new InputException($"{folder} is not empty and no earlier quickstart: name another folder with `output`");
            Directory.Delete(folder, recursive: true);
        }

        AtomicFile.WriteText(Path.Combine(folder, marker), "");
    }
}
