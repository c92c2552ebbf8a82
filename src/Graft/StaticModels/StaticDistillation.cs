using System.Numerics.Tensors;
using System.Text;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Inference;
using Graft.Inference.StaticVectors;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.Embedding;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Graft.StaticModels;

/// <summary>
/// Makes a static sibling of a model: a vector for each token, which needs no engine and is a hundred times faster.
/// <code>
/// StaticDistillation.Run(new() { Teacher = "runs/reviews", Output = "runs/reviews-static" });
/// </code>
/// Vectors come from the teacher (<c>TokenVectors</c>), follow its answers (of a run) or its vectors (of an embedding model) on texts, and
/// get a convex classifier.
/// </summary>
public static class StaticDistillation
{
    private const double TeacherShare = 0.5; // of the target, beside the labels; all of it where a text has none
    private const double TunedLength = 4; // of tokens' vectors, root mean square, before they are tuned
    private static readonly EncodingOptions s_encoding = new() { MaxLength = 512, Truncate = true };

    /// <summary>Distils, and writes the folder.</summary>
    /// <param name="options">The teacher, texts, where to.</param>
    /// <param name="logger">Told what is done.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <returns>The scores on the development data of the teacher's run; empty where it has none, or the teacher answers no task.</returns>
    /// <exception cref="InputException">A file or an option cannot be used.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static IReadOnlyList<NamedScore> Run(
        StaticDistillationOptions options,
        ILogger? logger = null,
        CancellationToken cancellationToken = default
    )
    {
        logger ??= NullLogger.Instance;
        options.Validate();
        RunFolder.RequireFree(options.Output, resume: false, options.Overwrite);
        string teacher = RunSeeds.Best(ShippedModel.Locate(options.Teacher));
        RunManifest? record = RunManifest.Read(teacher);
        FineTuningTask? task = record is null ? null : FineTuningTasks.Parse(record.Task).WithLabels(record.Labels);
        if (task is not (null or TextClassification or MultiLabelClassification or SentenceEmbedding))
            throw new InputException(
                $"{teacher} is fine-tuned for {task!.Name}: a static model is for text-classification, multi-label-classification and "
                    + $"vectors"
            );
        string[] unlabelled = options.Unlabelled is string file
            ? [.. LabelledTextReader.Stream(file, new ColumnOptions { RequireLabel = false }).Select(row => row.Text)]
            : [];
        bool classifies = task is TextClassification or MultiLabelClassification;
        TaskData? train =
            classifies && Path.Exists(record!.Train?.Path)
                ? task!.Read(record.Train!.Path, new ColumnOptions { Trained = record.Data, Part = DataPart.Training }, labelled: true)
                : null;
        if (classifies && train is null && unlabelled.Length == 0)
            throw new InputException(
                $"{record!.Train?.Path ?? teacher}: the training data of the run is not there any more: name texts that the teacher "
                    + $"can label with `unlabelled`"
            );

        float[] tokens = VectorsOfTokens(
            teacher,
            options,
            classifies ? [] : unlabelled,
            out int width,
            out float[][] ofTexts,
            out byte[] tokenizer,
            cancellationToken
        );
        StaticTokenizer reader = StaticTokenizer.From((JsonObject)JsonNode.Parse(tokenizer)!, "tokenizer.json");
        logger.Tell($"{tokens.Length / width} tokens, {width} values each, from {teacher}");
        if (classifies)
            return Classify(
                options,
                teacher,
                record!,
                task!,
                train,
                unlabelled,
                reader,
                tokenizer,
                tokens,
                width,
                logger,
                cancellationToken
            );
        if (unlabelled.Length > 0 && options.Epochs > 0)
        {
            int[][] ids = [.. unlabelled.Select(text => Known(reader, reader.Tokenizer.EncodeIds(text)))];
            Scale(tokens, width, ids);
            StaticTuning.Run(tokens, width, ids, ofTexts, TuningTarget.Vector, options.Epochs, options.Seed, cancellationToken);
            logger.Tell($"vectors follow the teacher's on {unlabelled.Length} texts");
        }

        RunFolder.Open(options.Output, resume: false, options.Overwrite);
        StaticFolder.Write(options.Output, Table(tokens, width, reader, normalizes: true), tokenizer, Config(teacher));
        return [];
    }

    private static IReadOnlyList<NamedScore> Classify(
        StaticDistillationOptions options,
        string teacher,
        RunManifest record,
        FineTuningTask task,
        TaskData? train,
        string[] unlabelled,
        StaticTokenizer reader,
        byte[] tokenizer,
        float[] tokens,
        int width,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        List<Feature> features = [];
        List<float[]> targets = [];
        if (train is not null)
        {
            EncodedData encoded = task.Encode(train, reader.Tokenizer, s_encoding);
            if (encoded.Features.Any(feature => feature.TypeIds.Contains(1)))
                throw new InputException($"{teacher} answers about pairs of texts: no static model is made of one");
            features.AddRange(encoded.Features);
            targets.AddRange(
                Taught(teacher, record, task, train, cancellationToken).Select((taught, i) => WithLabels(taught, features[i].Target!))
            );
        }

        if (unlabelled.Length > 0)
        {
            TaskData more = task.FromTexts([.. unlabelled.Select(text => (text, (string?)null))]);
            features.AddRange(task.Encode(more, reader.Tokenizer, s_encoding).Features);
            targets.AddRange(Taught(teacher, record, task, more, cancellationToken));
        }

        int[][] ids = [.. features.Select(feature => Known(reader, feature.Ids))];
        Scale(tokens, width, ids);
        TuningTarget kind = task is TextClassification ? TuningTarget.Classes : TuningTarget.Labels;
        StaticTuning.Run(tokens, width, ids, [.. targets], kind, options.Epochs, options.Seed, cancellationToken);
        StaticTable table = Table(tokens, width, reader, normalizes: false);
        VectorClassifier classifier = new(SoftClassifier.Fit([.. ids.Select(text => VectorOf(table, text))], [.. targets], kind));
        logger.Tell($"vectors and classifier follow the teacher on {features.Count} texts, {train?.Count ?? 0} of them with labels");
        RunFolder folder = RunFolder.Open(options.Output, resume: false, options.Overwrite);
        JsonObject config = Config(teacher);
        config["problem_type"] = task.ProblemType;
        config["id2label"] = new JsonObject(task.Labels.Select((label, i) => KeyValuePair.Create($"{i}", (JsonNode?)label)));
        StaticFolder.Write(folder.Path, table, tokenizer, config);
        classifier.Write(folder.Path);
        return Finish(options, teacher, record, task, table, classifier, folder, logger);
    }

    /// <summary>Measures on the development data of the teacher's run, and writes what a run folder holds beside the model.</summary>
    private static IReadOnlyList<NamedScore> Finish(
        StaticDistillationOptions options,
        string teacher,
        RunManifest record,
        FineTuningTask task,
        StaticTable table,
        VectorClassifier classifier,
        RunFolder folder,
        ILogger logger
    )
    {
        long parameters = table.ParameterCount + classifier.ParameterCount;
        RunManifest manifest = new()
        {
            Version = record.Version,
            IsFinished = false,
            CommandLine = options.CommandLine,
            Task = task.Name,
            Strategy = "static",
            Parameters = new RunParameters(parameters, parameters),
            Labels = task.Labels,
            Model = new RunModel(teacher, false, null),
            Train = record.Train,
            Data = record.Data,
            Evaluation = record.Evaluation,
            Seed = options.Seed,
            Encoding = s_encoding,
            Decisions = new Decisions(),
        };
        manifest.Write(folder.Path);
        IReadOnlyList<NamedScore> scores = [];
        FineTuningTask? judged = null;
        if (Path.Exists(record.Evaluation?.Path))
        {
            using Predictor raw = Predictor.Load(folder.Path, calibrated: false);
            TaskData data = raw.Task.Read(
                record.Evaluation.Path,
                new ColumnOptions { Trained = record.Data, Part = DataPart.Evaluation },
                labelled: true
            );
            manifest = manifest with { Decisions = raw.Task.Tune(data, raw.Predict(data), tuneThreshold: record.TuneThreshold) };
            manifest.Write(folder.Path);
            using Predictor decided = Predictor.Load(folder.Path);
            IReadOnlyList<Prediction> predictions = decided.Predict(data);
            judged = decided.Task;
            scores = TaskMetrics.Measure(judged, data, predictions);
            RunFolder.WritePredictions(folder.Path, judged, data, predictions);
        }
        else
        {
            logger.Tell("the development data of the teacher's run is not there: nothing is measured, and confidence is raw");
        }

        RunFolder.WriteMetrics(folder.Path, scores, judged);
        (manifest with { IsFinished = true }).Write(folder.Path);
        return scores;
    }

    /// <summary>
    /// Each token through the teacher; and, in the directions of their principal components, the teacher's vectors of texts.
    /// </summary>
    private static float[] VectorsOfTokens(
        string teacher,
        StaticDistillationOptions options,
        string[] texts,
        out int width,
        out float[][] ofTexts,
        out byte[] tokenizer,
        CancellationToken cancellationToken
    )
    {
        using IScorer scorer = ScoringEngines.Open(
            teacher,
            new ScorerOptions
            {
                Head = HeadKinds.Embedding,
                Pooling = EmbeddingPooling.Mean,
                Normalize = false,
            },
            _ => new SentenceEmbedding()
        );
        TokenVectors vectors = TokenVectors.Of(scorer, options.Dimensions, cancellationToken);
        EncodeOptions limit = new() { MaxLength = Math.Min(s_encoding.MaxLength, scorer.Model.PositionLimit ?? int.MaxValue) };
        Feature[] features =
        [
            .. texts
                .Select(text => scorer.Tokenizer.Encode(text, options: limit))
                .Select(text => new Feature
                {
                    Example = 0,
                    Ids = text.Ids,
                    TypeIds = text.TypeIds,
                }),
        ];
        ofTexts = [.. scorer.Score(features, cancellationToken).Select(score => vectors.Project(score.Values))];
        string folder = Directory.CreateTempSubdirectory("graft-static").FullName;
        try
        {
            scorer.Tokenizer.Save(folder);
            JsonObject json = ModelJson.ReadObject(Path.Combine(folder, "tokenizer.json"));
            (json["truncation"], json["padding"]) = (null, null); // the libraries would follow them
            tokenizer = Encoding.UTF8.GetBytes(json.ToJsonString());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        width = vectors.Width;
        return vectors.Values;
    }

    /// <summary>What the teacher thinks of each example: probabilities of classes, or of each label.</summary>
    private static IEnumerable<float[]> Taught(
        string teacher,
        RunManifest record,
        FineTuningTask task,
        TaskData data,
        CancellationToken cancellationToken
    )
    {
        using IScorer scorer = ScoringEngines.Open(teacher, new ScorerOptions(), model => Predictor.Bind(teacher, record, null, model));
        EncodedData encoded = task.Encode(data, scorer.Tokenizer, record.Encoding);
        float[][] scores = new float[data.Count][];
        int[] windows = new int[data.Count];
        FeatureScores[] all = scorer.Score(encoded.Features, cancellationToken);
        for (int i = 0; i < all.Length; i++)
        {
            int example = encoded.Features[i].Example;
            scores[example] ??= new float[all[i].Columns];
            for (int c = 0; c < scores[example].Length; c++) scores[example][c] += all[i].Values[c];
            windows[example]++;
        }

        for (int example = 0; example < scores.Length; example++)
        {
            TensorPrimitives.Divide(scores[example], windows[example], scores[example]);
            if (task is TextClassification) TensorPrimitives.SoftMax<float>(scores[example], scores[example]);
            else TensorPrimitives.Sigmoid<float>(scores[example], scores[example]);
        }

        return scores;
    }

    private static float[] WithLabels(float[] taught, FeatureTarget target)
    {
        float[] mixed = [.. taught.Select(probability => (float)TeacherShare * probability)];
        if (target is ClassTarget one) mixed[one.Class] += 1 - (float)TeacherShare;
        else for (int c = 0; c < mixed.Length; c++) mixed[c] += (1 - (float)TeacherShare) * ((LabelsTarget)target).Flags[c];
        return mixed;
    }

    /// <summary>The tokens that count.</summary>
    private static int[] Known(StaticTokenizer reader, int[] ids) => [.. ids.Where(id => id != reader.UnknownId)];

    private static float[] VectorOf(StaticTable table, int[] ids)
    {
        float[] vector = new float[table.Width];
        table.Mean(ids, vector);
        return vector;
    }

    private static StaticTable Table(float[] tokens, int width, StaticTokenizer reader, bool normalizes) =>
        new(tokens, width) { Normalizes = normalizes, Dropped = reader.UnknownId };

    /// <summary>
    /// Brings the vectors of the texts' tokens to one mean length, all by one factor, so that one learning rate fits every teacher.
    /// </summary>
    private static void Scale(float[] tokens, int width, int[][] texts)
    {
        double squares = 0;
        HashSet<int> seen = [.. texts.SelectMany(text => text)];
        foreach (int id in seen) squares += TensorPrimitives.SumOfSquares<float>(tokens.AsSpan(id * width, width));
        if (squares > 0) TensorPrimitives.Multiply(tokens, (float)(TunedLength / Math.Sqrt(squares / seen.Count)), tokens);
    }

    private static JsonObject Config(string teacher) =>
        new()
        {
            ["tokenizer_name"] = Path.GetFileName(Path.TrimEndingDirectorySeparator(teacher)),
            ["sif_coefficient"] = TokenVectors.Smoothing,
        };
}
