using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Corpus;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Training;

namespace Graft.Tests.Pretraining;

/// <summary>
/// Tiny models on the repository's own prose: every objective learns, resumes to the same bits, and leaves a folder that opens.
/// </summary>
public sealed class PretrainingRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-pretraining-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("mlm")]
    [InlineData("mlm+nsp")]
    [InlineData("span")]
    [InlineData("span+sbo")]
    public void TheLossFalls(string objective)
    {
        IReadOnlyList<TermResult> before = Run("before-" + objective, objective, steps: 1),
            after = Run("after-" + objective, objective, steps: 40);
        Assert.True(after[0].Loss < before[0].Loss - 0.2, $"{objective}: {before[0].Loss} before, {after[0].Loss} after");
        Assert.All(after, term => Assert.True(double.IsFinite(term.Loss) && term.Items > 0, term.ToString()));
        using PretrainedModel model = PretrainedModel.Load(Path.Combine(_folder, "after-" + objective));
        Assert.Empty(model.Report.Missing);
        Assert.Equal(Codec().VocabularySize, Tokenizer.Load(Path.Combine(_folder, "after-" + objective)).IdEnd);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0.9)]
    public void AnInterruptedRunEndsWithTheSameBits(double? average)
    {
        Run("whole", "mlm", steps: 12, average);
        int interruptions = 0;
        for (bool finished = false; !finished;)
        {
            using CancellationTokenSource stop = new();
            try
            {
                Run("broken", "mlm", steps: 12, average, resume: true, line => StopAtEvaluation(line, stop), stop.Token);
                finished = true;
            }
            catch (OperationCanceledException)
            {
                Assert.True(++interruptions < 20, "the run makes no headway");
            }
        }

        Assert.True(interruptions > 2);
        Assert.True(
            File.ReadAllBytes(Path.Combine(_folder, "whole", "model.safetensors"))
                .AsSpan()
                .SequenceEqual(File.ReadAllBytes(Path.Combine(_folder, "broken", "model.safetensors")))
        );
    }

    [Fact]
    public void AccumulationChangesNothingButRounding()
    {
        IReadOnlyList<TermResult> whole = Run("whole", "mlm", steps: 6), cut = Run("cut", "mlm", steps: 6, accumulation: 4);
        Assert.Equal(whole[0].Loss, cut[0].Loss, 1e-4);
    }

    [Fact]
    public void AFolderInUseIsRefusedAndAFinishedRunIsDoneAtOnce()
    {
        Run("run", "mlm", steps: 2);
        Assert.Contains("`resume`", Assert.Throws<InputException>(() => Run("run", "mlm", steps: 2)).Message);
        DateTime written = File.GetLastWriteTimeUtc(Path.Combine(_folder, "run", "model.safetensors"));
        Run("run", "mlm", steps: 2, resume: true);
        Assert.Equal(written, File.GetLastWriteTimeUtc(Path.Combine(_folder, "run", "model.safetensors")));
    }

    [Fact]
    public void GoingOnWithAnotherOptionIsRefusedByItsName()
    {
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() =>
            Run("run", "mlm", steps: 8, log: line => StopAtEvaluation(line, stop), cancellationToken: stop.Token)
        );
        using (PretrainedModel soFar = PretrainedModel.Load(Path.Combine(_folder, "run")))
            Assert.Empty(soFar.Report.Missing); // an interrupted run leaves its model
        string Refused(Action again) => Assert.Throws<InputException>(again).Message;
        Assert.Contains(
            "options.training.steps 8, not 9",
            Refused(() => Run("run", "mlm", steps: 9, resume: true)),
            StringComparison.Ordinal
        );
        Assert.Contains("options.objective", Refused(() => Run("run", "span", steps: 8, resume: true)), StringComparison.Ordinal);
        Assert.Contains(
            "options.gradient_accumulation 1, not 4",
            Refused(() => Run("run", "mlm", steps: 8, resume: true, accumulation: 4)),
            StringComparison.Ordinal
        );
        using (new ComputeContext { Precision = Precision.Bf16 }.Enter())
            Assert.Contains(
                "options.training.precision \"fp32\", not \"bf16\"",
                Refused(() => Run("run", "mlm", steps: 8, resume: true)),
                StringComparison.Ordinal
            );
        Run("run", "mlm", steps: 8, resume: true);
    }

    [Fact]
    public void ELECTRASharesTheEmbeddingsOfGeneratorAndDiscriminator()
    {
        IReadOnlyList<TermResult> results = Run("electra", "rtd", steps: 6, family: "electra");
        Assert.All(results, term => Assert.True(double.IsFinite(term.Loss), term.ToString()));
        using PretrainedModel model = PretrainedModel.Load(Path.Combine(_folder, "electra")),
            generator = PretrainedModel.Load(Path.Combine(_folder, "electra", "generator"));
        Assert.True(generator.Config.HiddenSize < model.Config.HiddenSize);
        foreach (string table in new[] { "word", "position", "token_type" })
        {
            string name = $"embeddings.{table}_embeddings.weight";
            Assert.True(Table(model).Equals(Table(generator)), name);

            TorchSharp.torch.Tensor Table(PretrainedModel of) =>
                of.Parameters.Single(parameter => parameter.Name.EndsWith(name, StringComparison.Ordinal)).Value;
        }
    }

    [Fact]
    public void AStudentThatExistsGoesOnBesideATeacher()
    {
        Run("teacher", "mlm", steps: 2);
        IReadOnlyList<TermResult> alone = Run("student", "mlm", steps: 20);
        string student = Path.Combine(_folder, "student");
        PretrainingOptions options = new()
        {
            MaxLength = 32,
            BatchSize = 16,
            HeldOutSequences = 64,
            Training = new TrainingOptions { Steps = 1, LearningRate = 1e-8, Schedule = new Schedule { Warmup = 0 } },
        };
        PretrainingJob Job(string? config) => new(options, config, student, null, [WriteText()], Path.Combine(_folder, "taught"))
        {
            Teacher = new TeacherOptions(Path.Combine(_folder, "teacher")),
            HeldOutShare = 0.2,
        };

        IReadOnlyList<TermResult> taught = Job(null).Run();
        Assert.True(taught.Count > 1, "masked LM and what the teacher says");
        Assert.Equal(alone[0].Loss, taught.Single(term => term.Name == "mlm").Loss, 1e-3); // it began where the student was
        Assert.Contains("`init-from`", Assert.Throws<InputException>(() => Job("bert-mini-2x128").Run()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AStudentOfAllLayersOfASentenceEncoderIsTheEncoder(bool pairs)
    {
        string encoder = Path.Combine(_folder, "encoder"),
            taught = Path.Combine(_folder, "taught");
        ModelConfig tiny = ShippedConfigs
            .Read("bert-mini-2x128")
            .With("hidden_size", 32)
            .With("intermediate_size", 64)
            .With("num_attention_heads", 2);
        using PretrainedModel teacher = PretrainedModel.Create(tiny.With("vocab_size", 67), HeadKinds.None, seed: 5, WriteVocabulary());
        teacher.Save(encoder);
        Codec().Tokenizer.Save(encoder);
        PretrainingOptions options = new()
        {
            MaxLength = 32,
            HeldOutSequences = 64,
            Training = new TrainingOptions { Steps = 1, LearningRate = 1e-9, Schedule = new Schedule { Warmup = 0 } },
        };
        PretrainingJob Job(string? tokenizer, bool statesOnly, params int[] layers) =>
            new(options, null, null, tokenizer, [WriteText()], taught)
            {
                Teacher = new TeacherOptions(encoder)
                {
                    StudentLayers = layers,
                    Pairs = pairs,
                    WordVectors = tokenizer is not null,
                    StatesOnly = statesOnly,
                },
                HeldOutShare = 0.2,
                Dropout = 0,
            };

        string other = Path.Combine(_folder, "other.txt"); // one word more, otherwise the same: word by word the states are the same too
        File.WriteAllLines(other, [.. File.ReadLines(WriteVocabulary()), "zz"]);
        if (pairs)
            Assert.Contains("`pairs`", Assert.Throws<InputException>(() => Job(other, true, 0, 1).Run()).Message, StringComparison.Ordinal);
        else
            // Not 0: the teacher has no word for the "s" of a word that a window has cut.
            Assert.InRange(Assert.Single(Job(other, true, 0, 1).Run()).Loss, -1e-5, 0.01);
        Directory.Delete(taught, recursive: true);

        // Beside masked LM: one half of the held-out sequences is followed as it is, the other half is masked.
        foreach (string? tokenizer in pairs ? new string?[] { null } : [null, other])
        {
            IReadOnlyList<TermResult> both = Job(tokenizer, false, 0, 1).Run();
            Assert.Equal(["mlm", "hidden"], both.Select(term => term.Name));
            Assert.InRange(both[1].Loss, -1e-5, tokenizer is null ? 1e-5 : 0.01);
            Assert.InRange(both[1].Items, 0.25 * 64 * 20, 0.75 * 64 * 32);
            Assert.InRange(both[0].Items, 0.1 * both[1].Items, 0.25 * both[1].Items);
            using PretrainedModel withHead = PretrainedModel.Load(taught);
            Assert.Equal(HeadKinds.MaskedLm, withHead.HeadKind);
            Directory.Delete(taught, recursive: true);
        }

        TermResult hidden = Assert.Single(Job(null, true, 0, 1).Run());
        Assert.InRange(hidden.Loss, -1e-5, 1e-5); // every state, those of [CLS] and [SEP] included
        using PretrainedModel student = PretrainedModel.Load(taught);
        Assert.True(Pooler(teacher).allclose(Pooler(student), atol: 1e-6), "the pooler comes along: classification reads it");
        Directory.Delete(taught, recursive: true);
        Assert.InRange(Job(null, true, 1).Run()[0].Loss, 2e-5, 1); // half of its layers are not the encoder yet

        static TorchSharp.torch.Tensor Pooler(PretrainedModel model) =>
            model.Parameters.Single(parameter => parameter.Name == "pooler.dense.weight").Value;
    }

    [Fact]
    public void ShippedConfigurationsAreSound()
    {
        Assert.NotEmpty(ShippedConfigs.Names);
        foreach (string name in ShippedConfigs.Names) ShippedConfigs.Read(name).Validate();
    }

    [Fact]
    public void WhatIsOpenIsResolvedOnceWithReasonsAndWhatHasNoEffectIsTold()
    {
        List<string> lines = [];
        string run = Path.Combine(_folder, "run");
        PretrainingOptions options = new()
        {
            Objective = "span",
            MaxLength = 32,
            HeldOutSequences = 8,
            Masking = new MaskedLmOptions { Unit = MaskingUnit.WholeWord, StaticCopies = 3, Share = 0.3 },
            Training = PretrainingOptions.UsualTraining() with { Steps = 2, CheckpointEvery = null, CheckpointEverySteps = 1 },
        };
        PretrainingJob Job(PretrainingOptions asked, bool resume) =>
            new(asked, WriteConfig(null), null, WriteVocabulary(), [WriteText()], run) { Resume = resume };
        Job(options, resume: false).Run(new LineLogger(lines.Add));

        JsonNode record = JsonNode.Parse(File.ReadAllText(Path.Combine(run, "graft.json")))!;
        JsonNode resolved = record["resolved"]!;
        Assert.Equal(1.5e-3, (double)resolved["learning_rate"]!["value"]!);
        Assert.Contains("Izsak", (string)resolved["learning_rate"]!["reason"]!, StringComparison.Ordinal);
        Assert.Equal("as asked", (string)resolved["max_length"]!["reason"]!);
        Assert.Equal(1.5e-3, (double)record["options"]!["training"]!["learning_rate"]!);
        Assert.Equal(32, (int)record["options"]!["batch_size"]!);
        Assert.Single(lines, line => line.StartsWith("recipe", StringComparison.Ordinal));
        foreach (string unused in new[] { "`masking` whole-word", "`static-masks` 3", "`mask-share` 0.3" })
            Assert.Single(lines, line => line.StartsWith($"{unused} has no effect: span masks", StringComparison.Ordinal));

        // the same values, asked for by name, are the same run
        File.Delete(Path.Combine(run, "metrics.json"));
        Job(options with { BatchSize = 32, Training = options.Training with { LearningRate = 1.5e-3 } }, resume: true).Run();
        File.Delete(Path.Combine(run, "metrics.json"));
        Assert.Contains(
            "batch_size",
            Assert.Throws<InputException>(() => Job(options with { BatchSize = 16 }, resume: true).Run()).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void AStudentHasARecipeOfItsOwn()
    {
        PretrainingOptions options = new() { Training = PretrainingOptions.UsualTraining(followsTeacher: true) with { Steps = 1 } };
        PretrainingResolution student = PretrainingResolution.Of(options, dropout: null, followsTeacher: true);
        Assert.Equal((5e-4, 0.05, 0.1), (student.LearningRate.Value, student.Warmup.Value, student.Dropout.Value));
        Assert.Equal("as asked", PretrainingResolution.Of(options, dropout: 0, followsTeacher: true).Dropout.Reason);
        Assert.Equal(128, student.Options.MaxLength);
    }

    private IReadOnlyList<TermResult> Run(
        string name,
        string objective,
        int steps,
        double? average = null,
        bool resume = false,
        Action<string>? log = null,
        CancellationToken cancellationToken = default,
        int accumulation = 1,
        string? family = null
    )
    {
        PretrainingOptions options = new()
        {
            Objective = objective,
            MaxLength = 32,
            BatchSize = 16,
            GradientAccumulation = accumulation,
            MovingAverage = average,
            HeldOutSequences = 64,
            Training = new TrainingOptions
            {
                Steps = steps,
                LearningRate = 3e-3,
                Schedule = new Schedule { Warmup = 2 },
                CheckpointEverySteps = 2,
                EvaluateEvery = 2,
            },
        };
        string config = WriteConfig(family),
            vocabulary = WriteVocabulary();
        PretrainingJob job = new(options, config, null, vocabulary, [WriteText()], Path.Combine(_folder, name))
        {
            HeldOutShare = 0.2,
            Resume = resume,
        };
        return job.Run(log is null ? null : new LineLogger(log), cancellationToken);
    }

    private string WriteConfig(string? family)
    {
        string path = Path.Combine(_folder, "config.json");
        ModelConfig tiny = ShippedConfigs
            .Read("bert-mini-2x128")
            .With("hidden_size", 32)
            .With("intermediate_size", 64)
            .With("num_attention_heads", 2);
        File.WriteAllText(path, family is null ? tiny.ToJson() : Contracts.TinyModels.Config(family).ToJson());
        return path;
    }

    private TextCodec Codec() => new(Tokenizer.Load(WriteVocabulary()));

    private string WriteVocabulary()
    {
        string path = Path.Combine(_folder, "vocab.txt");
        if (!File.Exists(path))
            File.WriteAllLines(path, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ".", "##s", .. Enumerable.Range(0, 60).Select(Word)]);
        return path;
    }

    private string WriteText()
    {
        string path = Path.Combine(_folder, "text.txt");
        if (File.Exists(path)) return path;
        using StreamWriter file = new(path);
        for (int document = 0; document < 60; document++)
        {
            CounterRandom random = new(CounterRandom.Key(1, (ulong)document));
            int at = random.NextInt(60);
            for (int word = 0; word < 80; word++)
            {
                // a text with something to learn: mostly one word after the other
                at = random.NextDouble() < 0.9 ? (at + 1) % 60 : random.NextInt(60);
                file.Write(Word(at) + (random.NextDouble() < 0.1 ? "s" : "") + (word % 9 == 8 ? ". " : " "));
            }

            file.Write("\n\n");
        }

        return path;
    }

    private static void StopAtEvaluation(string line, CancellationTokenSource stop)
    {
        if (line.Contains("held out", StringComparison.Ordinal)) stop.Cancel();
    }

    private static string Word(int number) => $"{(char)('a' + (number / 26))}{(char)('a' + (number % 26))}";
}
