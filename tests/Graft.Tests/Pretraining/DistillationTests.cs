using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Tests.Checkpoints;
using Graft.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Pretraining;

public sealed class DistillationTests
{
    [Fact]
    public void TheExampleOfTheDocumentationIsRight()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor teacher = tensor(new[] { (float)(2 * Math.Log(0.7)), (float)(2 * Math.Log(0.3)) }).view(1, 2),
            student = zeros(1, 2);
        Assert.Equal(
            4 * ((0.7 * Math.Log(0.7 / 0.5)) + (0.3 * Math.Log(0.3 / 0.5))),
            Distillation.SoftTargetSum(student, teacher, 2).item<float>(),
            1e-5
        );
    }

    [Fact]
    public void TheTripleLossAndItsGradientsAreTheReferenceS()
    {
        string folder = TestData.Shared("parity", "distillation");
        using DisposeScope scope = NewDisposeScope();
        using Checkpoint reference = SafetensorsReader.Open(Path.Combine(folder, "reference.safetensors"));
        using PretrainedModel teacher = PretrainedModel.Load(Path.Combine(folder, "teacher")),
            student = PretrainedModel.Load(Path.Combine(folder, "student"));
        Tensor Int(string name) => tensor(reference[name].ToInt64s(), reference[name].Shape.ToArray());
        EncoderInput input = new() { InputIds = Int("in.input_ids"), AttentionMask = Int("in.attention_mask") };
        Tensor tokens = input.AttentionMask.reshape(-1).nonzero().squeeze(-1);
        Tensor labels = Int("in.labels").reshape(-1).index_select(0, tokens), masked = labels.ne(-100).nonzero().squeeze(-1);
        (Tensor states, Tensor logits) = Run(student, input, tokens);
        (Tensor taught, Tensor taughtLogits) = Run(teacher, input, tokens);
        IReadOnlyList<TermScores> terms = DistillationObjective.Terms(
            states,
            logits,
            taught,
            taughtLogits,
            masked,
            labels.index_select(0, masked),
            new DistillationOptions()
        );
        double n = tokens.numel();
        double[] counts = [n, masked.numel(), n];
        float Expected(string name) => reference[name].ToSingles()[0];
        Assert.Equal(Expected("out.loss_ce"), terms[0].LossSum().item<float>() / 5 / n, 1e-4);
        Assert.Equal(Expected("out.loss_mlm"), terms[1].LossSum().item<float>() / 2 / counts[1], 1e-4);
        Assert.Equal(Expected("out.loss_cos"), terms[2].LossSum().item<float>() / n, 1e-4);
        Tensor loss = terms.Zip(counts, (term, count) => term.LossSum() / count).Aggregate((a, b) => a + b);
        Assert.Equal(Expected("out.loss"), loss.item<float>(), 1e-4);
        loss.backward();
        foreach ((string name, TorchSharp.Modules.Parameter value) in student.Parameters)
        {
            float[] expected = reference["grad." + name].ToSingles();
            float[] found = value.grad is null ? new float[expected.Length] : value.grad.reshape(-1).data<float>().ToArray();
            double tolerance = 1e-4 * Math.Max(1, expected.Max(Math.Abs));
            for (int i = 0; i < expected.Length; i++)
                Assert.True(Math.Abs(expected[i] - found[i]) <= tolerance, $"{name}[{i}]: {expected[i]} expected, {found[i]} found");
        }
    }

    [Fact]
    public void WordVectorsOfATeacherKeepTheirAnglesInANarrowerStudent()
    {
        using DisposeScope scope = NewDisposeScope();
        using TemporaryFolder folder = new();
        string taught = Vocabulary(
            folder.Path,
            "taught",
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            "film",
            "song",
            "##s",
            "good",
            "play",
            "##wright"
        );
        string own = Vocabulary(
            folder.Path,
            "own",
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            "films",
            "song",
            "##s",
            "##wright",
            "play"
        );
        using PretrainedModel teacher = PretrainedModel.Create(Narrow(16, 11), HeadKinds.MaskedLm, 1, taught),
            student = PretrainedModel.Create(Narrow(12, 10), HeadKinds.MaskedLm, 2);
        Tensor before = student.Backbone.Words.Weight.std();
        TeacherWordVectors.Copy(teacher, student, Tokenizer.Load(own), seed: 3, forItsLayers: false);
        Tensor table = teacher.Backbone.Words.Weight, written = student.Backbone.Words.Weight;
        // "films" is no token of the teacher: the mean of film and ##s. The others are there as they are.
        Tensor rows = stack([
            table[0],
            table[1],
            table[2],
            table[3],
            table[4],
            (table[5] + table[7]) / 2,
            table[6],
            table[7],
            table[10],
            table[9],
        ]);
        rows -= rows.mean([0], keepdim: true);
        Tensor expected = rows.mm(rows.t()) * (written.square().sum() / rows.square().sum()),
            found = written.mm(written.t());
        Assert.True(
            (expected - found).abs().max().item<float>() < 1e-5f * expected.abs().max().item<float>(),
            "nine directions fit in twelve: every angle is kept"
        );
        Assert.Equal(before.item<float>(), written.std().item<float>(), 1e-6);
    }

    [Fact]
    public void WordVectorsDoNotComeFromANarrowerTeacher()
    {
        using TemporaryFolder folder = new();
        string words = Vocabulary(folder.Path, "words", "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "film");
        using PretrainedModel teacher = PretrainedModel.Create(Narrow(8, 6), HeadKinds.MaskedLm, 1, words),
            student = PretrainedModel.Create(Narrow(12, 6), HeadKinds.MaskedLm, 2);
        Assert.Contains(
            "wider",
            Assert
                .Throws<InputException>(() => TeacherWordVectors.Copy(teacher, student, Tokenizer.Load(words), 3, forItsLayers: false))
                .Message,
            StringComparison.Ordinal
        );
    }

    private static string Vocabulary(string folder, string name, params string[] tokens)
    {
        string path = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllLines(Path.Combine(path, "vocab.txt"), tokens);
        return path;
    }

    private static ModelConfig Narrow(int width, int vocabulary) =>
        ShippedConfigs
            .Read("bert-mini-2x128")
            .With("hidden_size", width)
            .With("intermediate_size", width)
            .With("num_hidden_layers", 1)
            .With("vocab_size", vocabulary);

    private static (Tensor States, Tensor Logits) Run(PretrainedModel model, EncoderInput input, Tensor tokens)
    {
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        Tensor rows = states.reshape(-1, states.shape[2]).index_select(0, tokens);
        return (rows, ((LanguageModelHead)model.Head!).Score(rows));
    }
}
