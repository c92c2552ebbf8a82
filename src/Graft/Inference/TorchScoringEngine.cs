using Graft.Heads;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tokenizers;
using Graft.Torch.Compute;

namespace Graft.Inference;

/// <summary>Opens every folder that holds weights, and scores with libtorch. Found by its name: see <see cref="ScoringEngines"/>.</summary>
internal sealed class TorchScoringEngine : IScoringEngine
{
    /// <inheritdoc/>
    public bool CanOpen(string folder) => true;

    /// <inheritdoc/>
    public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        ComputeContext compute = options.Compute switch
        {
            null => ComputeContext.Current,
            ComputeContext context => context,
            IComputeOptions other => throw new InputException("compute", other.GetType().Name, $"a {nameof(ComputeContext)}: {folder} is computed by libtorch"),
        };
        PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = options.Head, Pooling = options.Pooling, Normalize = options.Normalize, Compute = compute });
        try
        {
            ScoredModel described = Describe(model, folder);
            return new TorchScorer(model, described, bind(described));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private static ScoredModel Describe(PretrainedModel model, string folder) => new(model.Config.Architecture ?? model.Config.ModelType, model.HeadKind, model.Config.Labels)
    {
        ProblemType = model.Config.ProblemType,
        PositionLimit = model.Backbone.PositionLimit,
        MaxLength = SentenceTransformersLayout.MaxLength(folder),
        HiddenSize = model.Backbone.HiddenSize,
        ParameterCount = model.ParameterCount,
        Pooling = (model.Head as EmbeddingHead)?.Pooling,
        Normalizes = (model.Head as EmbeddingHead)?.Normalizes ?? false,
        MissingParameters = model.Report.Missing,
    };

    /// <summary>A model with the objective of its task.</summary>
    private sealed class TorchScorer : IScorer
    {
        private readonly PretrainedModel _model;
        private readonly TaskScorer _scorer;
        private readonly Lock _lock = new();

        public TorchScorer(PretrainedModel model, ScoredModel described, FineTuningTask task)
        {
            TaskObjective objective = TaskObjectives.Of(task);
            (_model, Model) = (model, described);
            _scorer = new TaskScorer(objective, model, Collator.Of(objective.Layout, model));
        }

        public ScoredModel Model { get; }

        public Tokenizer Tokenizer => _model.Tokenizer;

        public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellation = default)
        {
            using ComputeScope computing = _model.Enter();
            lock (_lock) return _scorer.Score(features, cancellation); // products use all cores: one at a time is fastest
        }

        public void Dispose() => _model.Dispose();
    }
}
