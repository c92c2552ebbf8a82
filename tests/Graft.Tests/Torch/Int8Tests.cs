using Graft.Export;
using Graft.Inference;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Testing;
using Graft.Tests.Tasks;
using Graft.Torch;
using Graft.Torch.Compute;
using Graft.Torch.Kernels;
using Graft.Torch.Operations;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

/// <summary>Products of 8 bits: their arithmetic, that rows do not depend on each other, what a model's answers lose.</summary>
public sealed class Int8Tests : IDisposable
{
    private readonly TinyBert _tiny = new();

    private static ComputeContext Rounded => new() { Precision = Precision.Int8 };

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(1, 24, 16)]
    [InlineData(40, 33, 50)] // no width is a multiple of a vector
    [InlineData(700, 64, 96)] // several blocks
    public void AProductIsThatOfTheRoundedRowsAndColumns(int rows, int inputs, int outputs)
    {
        if (!Fast()) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = TensorAssert.Normal(1, rows, inputs) + 3, weight = TensorAssert.Normal(2, outputs, inputs);
        Tensor bias = TensorAssert.Normal(3, outputs);
        Tensor least = x.amin([1], keepdim: true), step = (x.amax([1], keepdim: true) - least) / 255;
        Tensor scale = weight.abs().amax([1], keepdim: true) / 127;
        Tensor expected = nn.functional.linear((((x - least) / step).round() * step) + least, (weight / scale).round() * scale, bias);
        Tensor actual = Int8Product.Linear(x, new Int8Product.Side(Int8Weight.Of(weight), bias))[0];
        // A value that lies on a tie may be rounded the other way: one step of one input.
        Assert.InRange((expected - actual).abs().max().item<float>(), 0, (step.max() * weight.abs().max()).item<float>() * 1.01f + 1e-4f);
        Assert.InRange((expected - actual).abs().mean().item<float>(), 0, 1e-3f);
    }

    [Theory]
    [InlineData(Activation.GeluErf)]
    [InlineData(Activation.GeluTanh)]
    [InlineData(Activation.Silu)]
    public void TwoProductsWithAnActivationBetweenAreNearThoseOfFp32(Activation activation)
    {
        if (!Fast()) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = TensorAssert.Normal(1, 90, 40), first = TensorAssert.Normal(2, 150, 40) / 6;
        Tensor second = TensorAssert.Normal(3, 24, 150) / 12, bias = TensorAssert.Normal(4, 150), added = TensorAssert.Normal(5, 24);
        Tensor expected = Ops.Linear(Ops.LinearActivation(x, first, bias, activation), second, added);
        Tensor actual = Int8Product.FeedForward(
            x,
            new Int8Product.Side(Int8Weight.Of(first), bias),
            activation,
            new Int8Product.Side(Int8Weight.Of(second), added)
        );
        Assert.InRange(((expected - actual).norm() / expected.norm()).item<float>(), 1e-5f, 0.02f);
    }

    [Fact]
    public void ARowIsTheSameAloneAndAmongOthersToTheBit()
    {
        if (!Fast()) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = TensorAssert.Normal(1, 600, 64);
        x[5] = x[5] * 1000; // a neighbour with a range of its own
        Int8Product.Side first = new(Int8Weight.Of(TensorAssert.Normal(2, 128, 64)), TensorAssert.Normal(3, 128));
        Int8Product.Side second = new(Int8Weight.Of(TensorAssert.Normal(4, 64, 128)), null);
        Tensor all = Int8Product.FeedForward(x, first, Activation.GeluErf, second);
        foreach (int row in new[] { 0, 4, 6, 599 })
        {
            Tensor alone = Int8Product.FeedForward(x[row].unsqueeze(0).contiguous(), first, Activation.GeluErf, second);
            Assert.Equal(all[row].data<float>().ToArray(), alone.data<float>().ToArray());
        }
    }

    [Fact]
    public void WhatIsNotFiniteStaysInItsRow()
    {
        if (!Fast()) return;
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        Tensor x = TensorAssert.Normal(1, 6, 40);
        (x[1, 3], x[2, 20], x[3, 39]) = (float.NaN, float.PositiveInfinity, float.NegativeInfinity);
        x[4] = 2.5f; // no range at all
        Int8Weight weight = Int8Weight.Of(TensorAssert.Normal(2, 8, 40));
        Tensor y = Int8Product.Linear(x, new Int8Product.Side(weight, null))[0];
        bool[] finite = [.. Enumerable.Range(0, 6).Select(row => y[row].isfinite().all().item<bool>())];
        Assert.Equal([true, false, false, false, true, true], finite);
        float[] sums = [.. weight.Sums.data<float>()];
        for (int c = 0; c < 8; c++) Assert.Equal(2.5f * sums[c], y[4, c].item<float>(), 1e-3f);
    }

    [Fact]
    public void WeightsThatWereTrainedAreRoundedAnew()
    {
        if (!Fast()) return;
        using DisposeScope scope = NewDisposeScope();
        using Projection layer = new(32, 16, Init.Normal(0.5));
        foreach (DeclaredParameter parameter in layer.Declared()) parameter.Init.Fill(parameter.Value, parameter.Name, 1);
        Tensor x = TensorAssert.Normal(1, 10, 32);
        Tensor Answer()
        {
            using IDisposable noGradient = no_grad();
            using ComputeScope computing = Rounded.Enter();
            return layer.Forward(x, LayerContext.Rowwise);
        }

        Tensor before = Answer();
        layer.Forward(x, LayerContext.Rowwise).sum().backward();
        using (no_grad()) layer.Weight.mul_(2);
        Tensor after = Answer();
        Tensor doubled = (before - layer.Bias!) * 2;
        Assert.InRange((after - layer.Bias! - doubled).abs().max().item<float>(), 0, 1e-4f);
    }

    [Fact]
    public void AnswersOfARunAreNearThoseOfFp32AndAloneAsInABatch()
    {
        if (!Fast()) return;
        string run = Run();
        (string, string?)[] texts = [("the film was good .", null), ("and the story and the story was awful ?", null), ("bad", null)];
        using Predictor exact = Predictor.Load(run), rounded = Predictor.Load(run, compute: Rounded);
        IReadOnlyList<Prediction> wanted = exact.Predict(texts), found = rounded.Predict(texts);
        for (int i = 0; i < texts.Length; i++)
        {
            double[] together = ((ClassPrediction)found[i]).Probabilities;
            Assert.Equal(((ClassPrediction)wanted[i]).Probabilities[0], together[0], 0.05);
            Assert.NotEqual(((ClassPrediction)wanted[i]).Probabilities[0], together[0]);
            double[] alone = ((ClassPrediction)rounded.Predict(texts[i].Item1)).Probabilities;
            Assert.Equal(alone[0], together[0], 1e-3);
        }
    }

    [Fact]
    public void VectorsOfMiniLmAreTheSameAloneAndInABatch()
    {
        if (!Fast()) return;
        string model = TestData.Shared("models", "all-MiniLM-L6-v2");
        string data = TestData.Shared("tasks", "polarity", "dev.tsv");
        string[] texts = [.. File.ReadLines(data).Skip(1).Take(40).Select(line => line.Split('\t')[0])];
        using Embedder exact = Embedder.Load(model), rounded = Embedder.Load(model, new EmbedderOptions { Compute = Rounded });
        IReadOnlyList<float[]> wanted = exact.Embed(texts).Vectors, together = rounded.Embed(texts).Vectors;
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.InRange(Embedder.Cosine(wanted[i], together[i]), 0.99, 0.999999);
            Assert.InRange(1 - Embedder.Cosine(rounded.Embed(texts[i]), together[i]), -1e-5, 1e-5);
        }
    }

    [Fact]
    public void AFolderOf8BitsSaysWhichLayersStayAndIsComputedSoByItself()
    {
        if (!Fast()) return;
        string run = Run(), folder = _tiny.PathOf("int8");
        List<string> notes = [];
        ExportLoss loss = Int8Exporter.Export(run, folder, note: notes.Add);
        Assert.Equal("accuracy", loss.Metric);
        Assert.InRange(loss.Lost, -1, 0.005);
        Assert.NotEmpty(notes);
        using (Predictor byItself = Predictor.Load(folder), asked = Predictor.Load(run, compute: Rounded))
        {
            Assert.Equal(
                ((ClassPrediction)asked.Predict("the film was good .")).Probabilities,
                ((ClassPrediction)byItself.Predict("the film was good .")).Probabilities
            );
        }

        using (PretrainedModel model = PretrainedModel.Load(folder))
        {
            string[] all = [.. model.Network.Find<Projection>().Select(layer => layer.Name)];
            new Int8Settings(all).Write(folder);
        }

        using (Predictor kept = Predictor.Load(folder), exact = Predictor.Load(run))
        {
            Assert.Equal(
                ((ClassPrediction)exact.Predict("the film was good .")).Probabilities,
                ((ClassPrediction)kept.Predict("the film was good .")).Probabilities
            );
        }

        new Int8Settings(["no.such.layer"]).Write(folder);
        InputException refused = Assert.Throws<InputException>(() => Predictor.Load(folder));
        Assert.Contains("no.such.layer", refused.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(folder, Int8Settings.FileName), "{}");
        refused = Assert.Throws<InputException>(() => Predictor.Load(folder));
        Assert.Contains("kept_layers", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EightBitsAreForAnswersOnly()
    {
        InputException refused = Assert.Throws<InputException>(() => Precisions.Parse("int8"));
        Assert.Contains("not for training", refused.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => Precisions.ParseForAnswers("int4"));
        Assert.Equal(Precision.Fp32, Precisions.ParseForAnswers("fp32"));
        if (!Int8.IsFast)
        {
            refused = Assert.Throws<InputException>(() => Precisions.ParseForAnswers("int8"));
            Assert.Contains("VNNI", refused.Message, StringComparison.Ordinal);
            return;
        }

        using ComputeScope computing = Rounded.Enter();
        refused = Assert.Throws<InputException>(() => Run());
        Assert.Contains("8 bits are for answers", refused.Message, StringComparison.Ordinal);
    }

    private string Run()
    {
        string train = _tiny.Reviews("train.tsv", 120), dev = _tiny.Reviews("dev.tsv", 40, seed: 2);
        return FineTuning.Run(
            new FineTuningOptions
            {
                Model = _tiny.ModelFolder,
                Task = new TextClassification(),
                Train = train,
                Evaluation = dev,
                Output = _tiny.PathOf("run"),
                Epochs = 6,
                LearningRate = 3e-3,
                BatchSize = 32,
                Dropout = 0,
                Encoding = new EncodingOptions { MaxLength = 32 },
            }
        ).Folder;
    }

    private static bool Fast()
    {
        Assert.SkipUnless(Int8.IsFast, $"this processor has no fast products of 8 bits ({Int8.Found})");
        Engine.Start();
        return true;
    }
}
