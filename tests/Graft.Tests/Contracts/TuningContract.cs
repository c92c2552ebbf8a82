using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using Graft.Torch.Optimizers;
using Graft.Tuning;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using AdamW = Graft.Torch.Optimizers.AdamW;

namespace Graft.Tests.Contracts;

/// <summary>
/// What every tuning strategy promises on every family: it learns, changes only what it says, comes back from disk, and comes off.
/// </summary>
public sealed class TuningContract
{
    private static readonly string[] s_families =
    [
        "bert",
        "roberta",
        "distilbert",
        "albert",
        "electra",
        "gpt2",
        "mpnet",
        "modernbert",
        "deberta-v2",
        "deberta",
        "nomic_bert",
        "new",
        "eurobert",
    ];

    public static TheoryData<string, string> FamiliesAndStrategies =>
        [.. s_families.SelectMany(family => TuningStrategies.Names.Select(strategy => (family, strategy)))];

    public static TheoryData<string, string> FamiliesAndAdapters =>
        [
            .. s_families
                .Append("t5")
                .SelectMany(family =>
                    TuningStrategies
                        .Names.Where(name => TuningStrategies.Parse(name).SavesAdapterOnly)
                        .Select(strategy => (family, strategy))
                ),
        ];

    [Theory]
    [MemberData(nameof(FamiliesAndStrategies))]
    public void LearnsAndChangesOnlyWhatItSays(string family, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = Create(family);
        TuningStrategy strategy = TuningStrategies.Parse(name);
        Adapter tuned = model.Tune(strategy, seed: 3);
        TunedModule module = new(model.Network, tuned.Parts);
        HashSet<string> trained =
        [
            .. module.Declared().Where(parameter => parameter.Value.requires_grad).Select(parameter => parameter.Name),
        ];
        Dictionary<string, Tensor> before = module
            .Declared()
            .ToDictionary(parameter => parameter.Name, parameter => parameter.Value.detach().clone(), StringComparer.Ordinal);
        (double first, double last) = Train(model, module, steps: 30, rate: name is "full" or "contrastive" ? 3e-3 : 2e-2);
        Assert.True(last < first, $"loss {first} → {last}");
        foreach (DeclaredParameter parameter in module.Declared().Where(parameter => !trained.Contains(parameter.Name)))
            Assert.True(parameter.Value.Equals(before[parameter.Name]), $"{parameter.Name} changed");
        Assert.Contains(module.Declared(), parameter =>
            trained.Contains(parameter.Name) && !parameter.Value.Equals(before[parameter.Name])
        );
        (long count, _) = module.Count();
        if (strategy.SavesAdapterOnly) Assert.Equal(count, tuned.ParameterCount);
    }

    [Theory]
    [MemberData(nameof(FamiliesAndAdapters))]
    public void ComesBackFromDiskAndComesOff(string family, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using TemporaryFolder folder = new();
        (string basePath, string adapterPath) = (Path.Combine(folder.Path, "base"), Path.Combine(folder.Path, "adapter"));
        using (PretrainedModel made = Create(family)) made.Save(basePath);
        using PretrainedModel model = PretrainedModel.Load(basePath);
        Tensor plain = Logits(model);
        Adapter adapter = model.Tune(TuningStrategies.Parse(name), seed: 3);
        Disturb(adapter);
        Tensor adapted = Logits(model);
        Assert.False(Same(plain, adapted), "the adapter changes nothing");
        model.Save(adapterPath);
        Assert.False(File.Exists(Path.Combine(adapterPath, "model.safetensors")));

        using PretrainedModel loaded = PretrainedModel.Load(adapterPath);
        Assert.True(Same(adapted, Logits(loaded)), "other logits after loading");
        Assert.Empty(loaded.Report.Missing);
        Assert.Equal(adapter.ParameterCount, loaded.Adapter!.ParameterCount);

        // The head is the adapter's own; the rest of the base has the bits it had.
        using PretrainedModel original = PretrainedModel.Load(basePath);
        loaded.Unload();
        HashSet<string> saved = [.. adapter.Saved.Select(parameter => parameter.Name)];
        foreach (
            ((string parameter, Parameter expected), (_, Parameter actual)) in original
                .Parameters.Zip(loaded.Parameters)
                .Where(pair => !saved.Contains(pair.First.Name))
        )
            Assert.True(expected.Equals(actual), $"{parameter} differs after unloading");
        if (saved.Count == 0) Assert.True(Same(plain, Logits(loaded)), "other logits after unloading");
    }

    [Theory]
    [InlineData("lora")]
    [InlineData("ia3")]
    public void MergedWeightsAnswerAsTheAdapterDid(string name)
    {
        foreach (string family in s_families.Append("t5"))
        {
            using DisposeScope scope = NewDisposeScope();
            using IDisposable noGradient = no_grad();
            using PretrainedModel model = Create(family);
            Disturb(model.Tune(TuningStrategies.Parse(name), seed: 3));
            Tensor adapted = Logits(model);
            model.Merge();
            Assert.Null(model.Adapter);
            double difference = (adapted - Logits(model)).abs().max().item<float>();
            Assert.True(difference <= 1e-4 * Math.Max(1, adapted.abs().max().item<float>()), $"{family}: {difference}");
        }
    }

    [Theory]
    [InlineData("houlsby")]
    [InlineData("prefix")]
    public void WhatIsNoChangeOfWeightsCannotBeMerged(string name)
    {
        using PretrainedModel model = Create("bert");
        model.Tune(TuningStrategies.Parse(name));
        Assert.Contains(name, Assert.Throws<InputException>(model.Merge).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnmergingGivesTheBaseBack()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = Create("bert");
        Tensor plain = Logits(model);
        Lora lora = new() { TrainsBiases = true };
        using Adapter adapter = lora.Apply(model.Network, model.Backbone, model.Head, seed: 3);
        Disturb(adapter);
        Tensor adapted = Logits(model);
        lora.Merge(model.Network);
        Lora.Unmerge(model.Network, adapter);
        Assert.True((adapted - Logits(model)).abs().max().item<float>() < 1e-4);
        SlotContents.TakeFrom(model.Network, model.Backbone);
        Assert.True((plain - Logits(model)).abs().max().item<float>() < 1e-3);
    }

    private static PretrainedModel Create(string family) => family == "t5"
        ? PretrainedModel.Create(TinyModels.Config(family), HeadKinds.SequenceToSequence, 9)
        : PretrainedModel.Create(TinyModels.Config(family).WithLabels(["a", "b", "c"]).WithDropout(0), HeadKinds.SequenceClassification, 9);

    /// <summary>Moves the new parts away from their neutral beginning, not the head.</summary>
    private static void Disturb(Adapter adapter)
    {
        using IDisposable noGradient = no_grad();
        foreach (DeclaredParameter part in adapter.Parts.Declared())
        {
            using Tensor noise = (arange(part.Value.numel(), ScalarType.Float32) * 1.7f).sin().view(part.Value.shape) * 0.2f;
            part.Value.add_(noise);
        }
    }

    private static EncoderInput Input(PretrainedModel model)
    {
        EncoderInput input = TinyModels.Padded(11, 9, 5, 12);
        return model.HeadKind == HeadKinds.SequenceToSequence ? input with { Decoder = TinyModels.Padded(12, 6, 6, 6) } : input;
    }

    private static Tensor Logits(PretrainedModel model) => model.Forward(Input(model)).Scores!.Logits!;

    private static bool Same(Tensor expected, Tensor actual) => (expected - actual).abs().max().item<float>() <= 1e-6;

    private static (double First, double Last) Train(PretrainedModel model, TunedModule module, int steps, double rate)
    {
        using FlatParameters parameters = new([
            .. module
                .Declared()
                .Where(parameter => parameter.Value.requires_grad)
                .Select(parameter => new TrainedParameter(parameter.Name, parameter.Value, Decays: false)),
        ]);
        using AdamW optimizer = new(parameters, new AdamWOptions());
        Targets targets = new() { Labels = tensor(new long[] { 0, 2, 1 }) };
        EncoderInput input = Input(model);
        double first = 0, last = 0;
        for (int step = 0; step < steps; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            parameters.ZeroGradients();
            Tensor loss = LossTerm.Total(model.Head!.Losses(model.Forward(input).Scores!, input, targets));
            loss.backward();
            optimizer.Step(rate);
            last = loss.item<float>();
            if (step == 0) first = last;
        }

        return (first, last);
    }
}
