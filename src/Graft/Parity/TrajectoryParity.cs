using System.Globalization;
using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>
/// A whole small run of the reference's trainer: loss, gradient norm and learning rate at every update, parameters at the end, with
/// micro-batches of unequal numbers of samples. It goes through the project's own <see cref="Trainer"/>.
/// </summary>
internal sealed class TrajectoryParity : IParityKind
{
    private const double Tolerance = 1e-4, NoiseTolerance = 3.5e-3;
    private const double RateTolerance = 1e-10; // rates of 5e-4 that were read in single precision
    private const string Updates = "total_updates";

    public bool Handles(string folder) =>
        File.Exists(ParityRunner.Reference(folder)) && ParityRunner.MetadataOf(folder).ContainsKey(Updates);

    public ParityReport Run(string folder)
    {
        using DisposeScope scope = NewDisposeScope();
        ParityCase reference = new(folder);
        IReadOnlyDictionary<string, string> metadata = ParityRunner.MetadataOf(folder);
        using PretrainedModel model = PretrainedModel.Load(
            folder,
            new LoadOptions { Head = ModelHeads.KindOf(PretrainedModel.ReadConfig(folder), reference.Head) }
        );
        TrainingOptions options = new()
        {
            Steps = (long)Number(metadata, Updates),
            LearningRate = Number(metadata, "learning_rate"),
            Schedule = new Schedule { Warmup = Number(metadata, "warmup_updates") },
            Optimizer = new() { WeightDecay = Number(metadata, "weight_decay") },
            ClipNorm = Number(metadata, "clip_norm"),
        };
        Trajectory seen = new();
        using (
            Trainer trainer = new(
                new Recorded(model),
                new RecordedBatches(reference, (int)Number(metadata, "gradient_accumulation")),
                options,
                folder: null,
                seen
            )
        )
            trainer.Run();

        List<ParityGroup> groups = [];
        Compare("loss", Tolerance, seen.Updates.Select(update => update.Loss), reference.Find("out.loss")!, groups);
        Compare("gradient norm", Tolerance, seen.Updates.Select(update => update.GradientNorm), reference.Find("out.grad_norm")!, groups);
        Compare("learning rate", RateTolerance, seen.Updates.Select(update => update.LearningRate), reference.Find("out.lr")!, groups);
        Differences final = new("parameters", Tolerance), noise = new("parameters without exact gradient", NoiseTolerance);
        HashSet<string> still = WithoutGradient(model, reference);
        foreach ((string name, TorchSharp.Modules.Parameter value) in model.Parameters)
            (still.Contains(name) ? noise : final).Add(name, reference.Find("final." + name)!, value);
        final.AddTo(groups);
        noise.AddTo(groups);
        return new ParityReport(folder, "trainer's trajectory", groups);
    }

    /// <summary>The parameters whose gradient is exactly zero: the reference's move by rounding noise.</summary>
    private static HashSet<string> WithoutGradient(PretrainedModel model, ParityCase reference)
    {
        foreach ((_, TorchSharp.Modules.Parameter value) in model.Parameters) value.grad = null;
        RecordedBatch batch = new(reference, 0);
        model.Head!.Losses(model.Forward(batch.Input).Scores!, batch.Input, batch.Targets)[0].Sum.backward();
        return
        [
            .. model
                .Parameters.Where(parameter => parameter.Value.grad is not Tensor gradient || !gradient.ne(0).any().item<bool>())
                .Select(parameter => parameter.Name),
        ];
    }

    private static double Number(IReadOnlyDictionary<string, string> metadata, string key) =>
        metadata.TryGetValue(key, out string? text)
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            ? value
            : throw new InputException($"the reference's metadata has no number \"{key}\"");

    private static void Compare(string name, double tolerance, IEnumerable<double> actual, Tensor expected, List<ParityGroup> groups)
    {
        Differences differences = new(name, tolerance);
        differences.Add(name, expected, tensor(actual.ToArray(), ScalarType.Float64));
        differences.AddTo(groups);
    }

    /// <summary>The model with its head's loss.</summary>
    private sealed class Recorded(PretrainedModel model) : ITrainable
    {
        public nn.Module Module => model.Module;

        public IReadOnlyList<string> LossTerms => ["loss"];

        public Tensor[] LossSums(IMicroBatch batch, StepContext context)
        {
            RecordedBatch recorded = (RecordedBatch)batch;
            return [model.Head!.Losses(model.Forward(recorded.Input).Scores!, recorded.Input, recorded.Targets)[0].Sum];
        }
    }

    /// <summary>The reference's micro-batches, so many an update.</summary>
    private sealed class RecordedBatches(ParityCase reference, int microBatches) : IBatchSource
    {
        public long? StepsPerEpoch => null;

        public IReadOnlyList<IMicroBatch> Batch(long step) =>
            [.. Enumerable.Range(0, microBatches).Select(i => new RecordedBatch(reference, (step * microBatches) + i))];
    }

    private sealed class RecordedBatch(ParityCase reference, long index) : IMicroBatch
    {
        private readonly Tensor _labels = reference.Find("in.labels")!.select(0, index);

        public EncoderInput Input { get; } = new()
        {
            InputIds = reference.Find("in.input_ids")!.select(0, index),
            AttentionMask = reference.Find("in.attention_mask")!.select(0, index),
            TokenTypeIds = reference.Find("in.token_type_ids")!.select(0, index),
        };

        public Heads.Targets Targets => new() { Labels = _labels };

        public int Examples => (int)Counts[0];

        public long Tokens => Input.InputIds.numel();

        public IReadOnlyList<double> Counts => [_labels.data<long>().Count(label => label >= 0)];

        public string Describe() => $"micro-batch {index}";

        public void Dispose()
        {
        }
    }

    private sealed class Trajectory : ITrainingObserver
    {
        public List<UpdateRecord> Updates { get; } = [];

        public void Updated(UpdateRecord update) => Updates.Add(update);
    }
}
