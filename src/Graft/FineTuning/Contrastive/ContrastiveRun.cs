using Graft.Evaluation;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Training;
using Microsoft.Extensions.Logging;

namespace Graft.Tasks.Contrastive;

/// <summary>
/// A run by contrastive tuning: pairs train the body, then a convex classifier is fitted on its vectors. The folder is an embedding model
/// in sentence-transformers' layout with the classifier beside it.
/// </summary>
internal static class ContrastiveRun
{
    /// <summary>Trains, fits, evaluates and saves.</summary>
    /// <inheritdoc cref="FineTuning.Run" path="/exception"/>
    public static FineTuningResult Run(
        FineTuningOptions options,
        Prepared prepared,
        IReadOnlyList<NamedScore>? finished,
        IReadOnlyList<ITrainingObserver> observers,
        ILogger logger,
        CancellationToken cancellationToken
    )
    {
        using ContrastiveFit fit = new(
            options,
            prepared.Task,
            prepared.EncodedTrain.Features,
            feature => prepared.Train.PlaceOf(feature.Example),
            logger
        );
        if (finished is not null)
        {
            ManifestOf.RequireSame(options, fit.Resolution, prepared);
            return new FineTuningResult(options.Output, finished, WasFinished: true);
        }

        RunFolder folder = RunFolder.Open(options.Output, options.Resume, options.Overwrite);
        MetricsLog log = new(folder.Path);
        using TensorBoardLog events = new(folder.Path);
        ClassifierEvaluation? development = prepared.Evaluation is null
            ? null
            : new(fit, prepared.Task, prepared.Evaluation, prepared.EncodedEvaluation!);
        using Trainer? trainer = fit.Trainer(folder.Path, development, [log, events, .. observers]);
        log.KeepUpTo(options.Resume ? trainer?.Resume() ?? 0 : 0);
        ManifestOf.Write(folder, options, fit.Resolution, prepared, isFinished: false);
        trainer?.Run(cancellationToken);
        if (trainer is null) AtomicFile.WriteText(Path.Combine(folder.Path, "metrics.jsonl"), ""); // a convex fit logs no updates
        LinearClassifier classifier = fit.Classifier(prepared.Task.Labels.Count, cancellationToken);
        fit.Model.Save(folder.Path);
        SentenceTransformersLayout.Write(folder.Path, (EmbeddingHead)fit.Model.Head!, fit.Model.Backbone);
        VectorClassifierFile.Write(folder.Path, classifier.Weight, classifier.Bias);
        return FineTuning.Finish(
            options with { InversePenalty = fit.C }, // confidence means the same in folds and in the run
            fit.Resolution,
            prepared,
            folder,
            Scores(fit, classifier, prepared, cancellationToken),
            new(fit.Model),
            logger,
            cancellationToken
        );
    }

    private static FeatureScores[] Scores(
        ContrastiveFit fit,
        LinearClassifier classifier,
        Prepared prepared,
        CancellationToken cancellationToken
    ) =>
        prepared.EncodedEvaluation is null
            ? []
            :
            [
                .. classifier
                    .Score(TextVectors.Of(fit.Model, prepared.EncodedEvaluation.Features, cancellationToken))
                    .Select(values => new FeatureScores(values, values.Length)),
            ];
}
