using Graft.Backbones;
using Graft.Generation;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tokenizers;
using Graft.Torch.Compute;

namespace Graft.Inference;

/// <summary>Opens every folder that holds weights, and scores with libtorch. Found by its name: see <see cref="ScoringEngines"/>.</summary>
internal sealed class TorchScoringEngine : IScoringEngine
{
    private static readonly GenerationOptions s_ofTasks = new() { MaxNewTokens = 64 };

    /// <inheritdoc/>
    public bool CanOpen(string folder) => true;

    /// <inheritdoc/>
    public IScorer Open(string folder, ScorerOptions options, Func<ScoredModel, FineTuningTask> bind)
    {
        ComputeContext compute = options.Compute switch
        {
            null when Int8Settings.IsIn(folder) => ComputeContext.Current with { Precision = Precision.Int8 },
            null => ComputeContext.Current,
            ComputeContext context => context,
            IComputeOptions other => throw new InputException(
                "compute",
                other.GetType().Name,
                $"a {nameof(ComputeContext)}: {folder} is computed by libtorch"
            ),
        };
        if (options.SameBits) compute = compute with { IndependentRows = true };
        PretrainedModel model = PretrainedModel.Load(
            folder,
            new LoadOptions
            {
                Head = options.Head,
                Pooling = options.Pooling,
                Normalize = options.Normalize,
                Compute = compute,
            }
        );
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

    private static ScoredModel Describe(PretrainedModel model, string folder)
    {
        string files = model.TokenizerFolder ?? folder;
        bool writes = model.HeadKind is HeadKinds.SequenceToSequence or HeadKinds.CausalLm;
        EmbeddingHead? vectors = model.Head as EmbeddingHead;
        TextSettings texts = vectors is null ? new() : SentenceTransformersLayout.Settings(folder);
        return new(model.Config.Architecture ?? model.Config.ModelType, model.HeadKind, model.Config.Labels)
        {
            ProblemType = model.Config.ProblemType,
            PositionLimit = model.Backbone.PositionLimit,
            Texts = texts with { IncludesPrompt = vectors is null || SentenceTransformersLayout.IncludesPromptIn(folder) },
            VectorSize = vectors?.WidthOn(model.Backbone.HiddenSize) ?? model.Backbone.HiddenSize,
            ParameterCount = model.ParameterCount,
            Poolings = vectors?.Poolings ?? [],
            Normalizes = vectors?.Normalizes ?? false,
            MissingParameters = model.Report.Missing,
            OutputActivation = model.Config.OutputActivation,
            Generation = writes ? GenerationConfig.Read(files, model.Config, s_ofTasks) : null,
            Notes = [.. model.Report.ConfigNotes, .. writes ? GenerationConfig.Unfollowed(files, model.Config) : []],
        };
    }

    /// <summary>A model with the objective of its task.</summary>
    private sealed class TorchScorer : IScorer
    {
        private readonly PretrainedModel _model;
        private readonly TaskScorer _scorer;
        private readonly Lock _lock = new();
        private bool _isDisposed;

        public TorchScorer(PretrainedModel model, ScoredModel described, FineTuningTask task)
        {
            TaskObjective objective = TaskObjectives.Of(task);
            (_model, Model) = (model, described);
            _scorer = new TaskScorer(objective, model, Collator.Of(objective.Layout, model));
        }

        public ScoredModel Model { get; }

        public Tokenizer Tokenizer => _model.Tokenizer;

        public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
        {
            using ComputeScope computing = _model.Enter();
            lock (_lock) // products use all cores: one at a time is fastest
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return _scorer.Score(features, cancellationToken);
            }
        }

        public bool HasTokenStates => Model.Head == HeadKinds.Embedding;

        public FeatureScores[] TokenStates(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
        {
            if (!HasTokenStates) throw new InputException($"{Model.Name} answers for a task: its tokens have no vectors of their own");
            using ComputeScope computing = _model.Enter();
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return _scorer.TokenStates(features, cancellationToken);
            }
        }

        /// <summary>Waits for what is being scored, then releases the model.</summary>
        public void Dispose()
        {
            lock (_lock)
            {
                if (_isDisposed) return;
                _isDisposed = true;
                _model.Dispose();
            }
        }
    }
}
