using System.Diagnostics;
using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using Graft.Tests.Contracts;
using Graft.Tuning;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Tuning;

/// <summary>One backbone, many adapters: every row of a mixed batch gets what its adapter alone gives it.</summary>
public sealed class AdapterBankTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Families =>
        ["bert", "roberta", "distilbert", "albert", "gpt2", "mpnet", "modernbert", "deberta-v2", "deberta", "eurobert"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Families))]
    public void AMixedBatchGivesEachRowWhatItsAdapterAloneGives(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (string basis, string[] adapters) = Adapters(family, ["lora", "houlsby", "pfeiffer", "ia3", "prefix", "prompt", "lora", "ia3"]);
        using AdapterBank bank = AdapterBank.Load(basis, adapters);
        int[] rows = [3, 0, 0, 5, 1, 4, 2, 6, 7, 0];
        EncoderInput input = TinyModels.Padded(21, 9, 5, 12, 7, 3, 8, 8, 6, 10, 4) with { AdapterRows = rows };
        Tensor mixed = cat([.. bank.Forward(input).Select(part => part.Scores.Logits!)]);
        for (int row = 0; row < rows.Length; row++) AssertAlone(adapters[rows[row]], input, row, mixed);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void PackedBatchesMixToo(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        (string basis, string[] adapters) = Adapters(family, ["lora", "houlsby", "prefix", "ia3"]);
        using AdapterBank bank = AdapterBank.Load(basis, adapters);
        int[] rows = [3, 0, 0, 2, 1, 2];
        EncoderInput packed = TinyModels.Packed(TinyModels.Padded(21, 9, 5, 12, 7, 3, 8)) with { AdapterRows = rows };
        Tensor mixed = cat([.. bank.Forward(packed).Select(part => part.Scores.Logits!)]);
        for (int row = 0; row < rows.Length; row++) AssertAlone(adapters[rows[row]], packed, row, mixed);
    }

    [Fact]
    public void MemoryIsThatOfOneBackboneAndTheAdapters()
    {
        (string basis, string[] adapters) = Adapters("bert", ["lora", "lora", "lora", "lora", "lora", "lora", "lora", "lora"]);
        using AdapterBank bank = AdapterBank.Load(basis, adapters);
        using PretrainedModel one = PretrainedModel.Load(adapters[0]);
        Assert.Equal(one.Backbone.ParameterCount + (8 * one.Adapter!.ParameterCount), bank.ParameterCount);
    }

    [Fact]
    public void ABaseWithoutPoolerIsSharedByAdaptersThatBringTheirOwn()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        string basis = Path.Combine(_folder.Path, "masked");
        using (PretrainedModel made = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.MaskedLm, 9))
            made.Save(basis);
        string[] adapters =
        [
            .. new ulong[] { 3, 4 }.Select(seed =>
            {
                string path = Path.Combine(_folder.Path, $"adapter-{seed}");
                using PretrainedModel model = PretrainedModel.Load(
                    basis,
                    new LoadOptions
                    {
                        Head = HeadKinds.SequenceClassification,
                        Labels = ["a", "b"],
                        Seed = seed,
                    }
                );
                Assert.Contains("bert.pooler.dense.weight", model.Report.Missing);
                model.Tune(new Lora { TargetModules = ["query", "pooler.dense"] }, seed);
                model.Save(path);
                return path;
            }),
        ];
        using AdapterBank bank = AdapterBank.Load(null, adapters);
        EncoderInput input = TinyModels.Padded(21, 9, 5, 12, 7) with { AdapterRows = [1, 0, 0, 1] };
        Tensor mixed = cat([.. bank.Forward(input).Select(part => part.Scores.Logits!)]);
        for (int row = 0; row < 4; row++) AssertAlone(adapters[input.AdapterRows[row]], input, row, mixed);
    }

    [Fact]
    public void AnotherBaseIsRefusedWithOneLine()
    {
        (_, string[] adapters) = Adapters("bert", ["lora"]);
        string other = Path.Combine(_folder.Path, "other");
        using (PretrainedModel made = Create("bert", seed: 77)) made.Save(other);
        InputException refused = Assert.Throws<InputException>(() => PretrainedModel.Load(adapters[0], new LoadOptions { Base = other }));
        Assert.Contains("SHA-256", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
        Assert.Throws<InputException>(() => AdapterBank.Load(other, adapters));
    }

    [Fact]
    public void ABaseThatIsGoneIsNamedWithWhatToDo()
    {
        (string basis, string[] adapters) = Adapters("bert", ["lora"]);
        Directory.Move(basis, basis + "-elsewhere");
        InputException refused = Assert.Throws<InputException>(() => PretrainedModel.Load(adapters[0]));
        Assert.Contains(basis, refused.Message, StringComparison.Ordinal);
        using PretrainedModel found = PretrainedModel.Load(adapters[0], new LoadOptions { Base = basis + "-elsewhere" });
        Assert.NotNull(found.Adapter);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void AMixedBatchIsAboutAsFastAsAUniformOne()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable inference = inference_mode();
        string path = Path.Combine(TestData.Shared("models"), "all-MiniLM-L6-v2");
        string[] adapters =
        [
            .. Enumerable
                .Range(0, 8)
                .Select(i =>
                {
                    string folder = Path.Combine(_folder.Path, $"lora-{i}");
                    using PretrainedModel model = PretrainedModel.Load(
                        path,
                        new LoadOptions { Head = HeadKinds.SequenceClassification, Labels = ["a", "b"] }
                    );
                    model.Tune(new Lora(), (ulong)i);
                    model.Save(folder);
                    return folder;
                }),
        ];
        using AdapterBank bank = AdapterBank.Load(path, adapters);
        EncoderInput input = TinyModels.Padded(5, [.. Enumerable.Repeat(64, 32)]);
        EncoderInput uniform = input with { AdapterRows = [.. Enumerable.Repeat(3, 32)] },
            mixed = input with { AdapterRows = [.. Enumerable.Range(0, 32).Select(i => i / 4)] };
        double best = double.MaxValue,
            bestMixed = double.MaxValue;
        // The fastest of each counts. A machine that was busy for eight rounds gets more before the code is blamed.
        const int rounds = 8, most = 60;
        for (int round = 0; round < rounds || (round < most && bestMixed > 1.15 * best); round++)
        {
            best = Math.Min(best, Seconds(bank, uniform));
            bestMixed = Math.Min(bestMixed, Seconds(bank, mixed));
        }

        TestContext.Current.SendDiagnosticMessage(
            "8 adapters in one batch: {0:0.000} times a uniform batch ({1:0.0} ms)",
            bestMixed / best,
            1000 * best
        );
        Assert.True(
            bestMixed <= 1.15 * best,
            FormattableString.Invariant($"mixed {1000 * bestMixed:0.0} ms, uniform {1000 * best:0.0} ms")
        );
    }

    private static double Seconds(AdapterBank bank, EncoderInput input)
    {
        using DisposeScope scope = NewDisposeScope();
        long start = Stopwatch.GetTimestamp();
        bank.Forward(input);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void AssertAlone(string adapter, EncoderInput input, int row, Tensor mixed)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Load(adapter);
        Tensor alone = model.Forward(input.Part(new AdapterRun(0, row, row + 1))).Scores!.Logits![0];
        double difference = (alone - mixed[row]).abs().max().item<float>();
        Assert.True(difference <= 1e-5 * Math.Max(1, alone.abs().max().item<float>()), $"row {row} ({adapter}): {difference}");
    }

    /// <summary>A base and adapters on it with parts that do something, and heads of two to four labels.</summary>
    private (string Basis, string[] Adapters) Adapters(string family, string[] strategies)
    {
        string basis = Path.Combine(_folder.Path, "base");
        using (PretrainedModel made = Create(family, seed: 9)) made.Save(basis);
        return (basis, [.. strategies.Select((name, i) =>
        {
            string path = Path.Combine(_folder.Path, $"{i}-{name}");
            using PretrainedModel model = PretrainedModel.Load(basis, new LoadOptions { Labels = ["x", "y", "z"], Seed = (ulong)i });
            Adapter adapter = model.Tune(TuningStrategies.Parse(name), (ulong)i);
            foreach (DeclaredParameter part in adapter.Parts.Declared())
            {
                using IDisposable noGradient = no_grad();
                part.Value.add_((arange(part.Value.numel(), ScalarType.Float32) * (1.7f + i)).sin().view(part.Value.shape) * 0.2f);
            }

            model.Save(path);
            return path;
        })]);
    }

    private static PretrainedModel Create(string family, ulong seed) =>
        PretrainedModel.Create(
            TinyModels.Config(family).WithLabels(["a", "b", "c"]).WithDropout(0),
            HeadKinds.SequenceClassification,
            seed
        );
}
