using Graft.Backbones;
using Graft.Data;
using Graft.Inference;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Contracts;
using Graft.Tests.Tasks;
using Graft.Torch;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Torch.Operations;
using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Torch;

/// <summary>
/// How numbers are computed belongs to the object that computes them: beside others it makes the bits that it makes alone.
/// </summary>
public sealed class ComputeContextTests : IDisposable
{
    private static readonly ComputeContext s_exact = new() { Threads = 2 }, s_rounded = new() { Precision = Precision.Bf16, Threads = 1 };
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void AContextHoldsOnItsThreadUntilItIsLeft()
    {
        Engine.Start();
        int threads = get_num_threads();
        using (ComputeScope outer = s_rounded.Enter())
        {
            Assert.Same(s_rounded, ComputeContext.Current);
            Assert.Equal(1, get_num_threads());
            using (ComputeScope same = s_rounded.Enter()) Assert.Same(s_rounded, ComputeContext.Current);
            using (ComputeScope inner = s_exact.Enter()) Assert.Equal(2, get_num_threads());
            Assert.Same(s_rounded, ComputeContext.Current);
            Assert.Equal(1, get_num_threads());
            OnAThread(() =>
            {
                Assert.Same(ComputeContext.Default, ComputeContext.Current);
                using ComputeScope other = s_exact.Enter();
                Assert.Equal(2, get_num_threads());
            });
            Assert.Equal(1, get_num_threads());
        }

        Assert.Same(ComputeContext.Default, ComputeContext.Current);
        Assert.Equal(threads, get_num_threads());
    }

    [Fact]
    public void ThreadsOfAContextAreThoseOfItsKernels()
    {
        Engine.Start();
        foreach (int threads in new[] { 1, 2, 3 })
        {
            using ComputeScope computing = new ComputeContext { Threads = threads }.Enter();
            HashSet<int> ids = [];
            KernelThreads.For(threads, 1, (_, _) =>
            {
                lock (ids) ids.Add(Environment.CurrentManagedThreadId);
            });
            Assert.Equal(threads, ids.Count);
        }
    }

    [Theory]
    [InlineData(Precision.Fp32, MatrixLibrary.Mkl)]
    [InlineData(Precision.Fp32, MatrixLibrary.OneDnn)]
    [InlineData(Precision.Bf16, MatrixLibrary.Mkl)]
    public void ABackwardPassIsComputedAsItsForwardPassWas(Precision precision, MatrixLibrary library)
    {
        ComputeContext own = new() { Precision = precision, Library = library }, foreign = new()
        {
            Precision = precision == Precision.Fp32 ? Precision.Bf16 : Precision.Fp32,
            Library = library == MatrixLibrary.Mkl ? MatrixLibrary.OneDnn : MatrixLibrary.Mkl,
        };
        float[] expected = Gradients(own, own), elsewhere = Gradients(own, foreign);
        Assert.Equal(expected, elsewhere);
        Assert.NotEqual(expected, Gradients(foreign, foreign));
    }

    [Fact]
    public void TwoModelsOfDifferentPrecisionAnswerAtTheSameTime()
    {
        TinyFamily.Create(_tiny.PathOf("model-with-head"), "bert", HeadKinds.SequenceClassification, ["no", "yes"], null);
        using Predictor exact = Predictor.Load(_tiny.PathOf("model-with-head"), compute: s_exact),
            rounded = Predictor.Load(_tiny.PathOf("model-with-head"), compute: s_rounded);
        (string, string?)[] texts =
        [
            .. Enumerable.Range(0, 12).Select(i => (string.Concat(Enumerable.Repeat("the film was good ", 1 + (i % 5))), (string?)null)),
        ];
        double[] exactAlone = Answers(exact, texts),
            roundedAlone = Answers(rounded, texts);
        Assert.NotEqual(exactAlone, roundedAlone);
        for (int round = 0; round < 5; round++)
        {
            double[] exactBeside = [], roundedBeside = [];
            Together(() => exactBeside = Answers(exact, texts), () => roundedBeside = Answers(rounded, texts));
            Assert.Equal(exactAlone, exactBeside);
            Assert.Equal(roundedAlone, roundedBeside);
        }

        using ComputeScope foreign = s_rounded.Enter(); // whoever asks
        Assert.Equal(exactAlone, Answers(exact, texts));
    }

    [Fact]
    public void AModelWithoutAContextFollowsWhoAsks()
    {
        using DisposeScope scope = NewDisposeScope();
        EncoderInput input = TinyModels.Padded(4, 12, 9);
        using PretrainedModel free = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.None, 3);
        free.Save(_tiny.PathOf("free"));
        using PretrainedModel bound = PretrainedModel.Load(_tiny.PathOf("free"), new LoadOptions { Compute = s_rounded });
        float[] exact = States(free, input), rounded = States(bound, input);
        Assert.NotEqual(exact, rounded);
        using ComputeScope computing = s_rounded.Enter();
        Assert.Equal(rounded, States(free, input));
        using ComputeScope other = s_exact.Enter();
        Assert.Equal(rounded, States(bound, input));
    }

    [Fact]
    public void TwoTrainersEndWithTheSameBitsInTurnAndBesideEachOther()
    {
        string data = _tiny.Reviews("train.tsv", 48);
        byte[] exact = Trained("exact", data, s_exact), rounded = Trained("rounded", data, s_rounded);
        Assert.NotEqual(exact, rounded);
        Assert.Equal(exact, Trained("exact-again", data, s_exact));
        byte[] besideExact = [],
            besideRounded = [];
        Together(
            () => besideExact = Trained("beside-exact", data, s_exact),
            () => besideRounded = Trained("beside-rounded", data, s_rounded)
        );
        Assert.Equal(exact, besideExact);
        Assert.Equal(rounded, besideRounded);
    }

    [Fact]
    public void ATrainerAndAPredictorRunBesideEachOther()
    {
        string data = _tiny.Reviews("train.tsv", 48);
        byte[] rounded = Trained("rounded", data, s_rounded);
        TinyFamily.Create(_tiny.PathOf("model-with-head"), "bert", HeadKinds.SequenceClassification, ["no", "yes"], null);
        using Predictor predictor = Predictor.Load(_tiny.PathOf("model-with-head"), compute: s_exact);
        (string, string?)[] texts = [("the film was good", null), ("a dull book .", null)];
        double[] alone = Answers(predictor, texts);
        List<double[]> during = [];
        // On the trainer's thread.
        byte[] beside = Trained("asked-within", data, s_rounded, new Asking(() => during.Add(Answers(predictor, texts))));
        Together(
            () => beside = [.. beside, .. Trained("asked-beside", data, s_rounded)],
            () => during.AddRange(Enumerable.Range(0, 20).Select(_ => Answers(predictor, texts))));
        Assert.Equal([.. rounded, .. rounded], beside);
        Assert.All(during, answers => Assert.Equal(alone, answers));
        Assert.True(during.Count > 20);
    }

    [Fact]
    public void AResumedRunMultipliesAsItBeganAndNoOtherDoes()
    {
        string data = _tiny.Reviews("train.tsv", 48);
        ComputeContext other = new() { Library = MatrixLibraries.Default == MatrixLibrary.Mkl ? MatrixLibrary.OneDnn : MatrixLibrary.Mkl };
        byte[] whole = Trained("whole", data, other);
        using CancellationTokenSource stop = new();
        int updates = 0;
        Assert.Throws<OperationCanceledException>(() =>
            FineTuning.Run(
                Options("cut", data, other),
                [
                    new Asking(() =>
                    {
                        if (++updates == 3)
                            stop.Cancel();
                    }),
                ],
                cancellationToken: stop.Token
            )
        );
        FineTuning.Run(
            Options("cut", data, new ComputeContext()) with
            {
                Resume = true,
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        Assert.Equal(whole, File.ReadAllBytes(Path.Combine(_tiny.PathOf("cut"), "model.safetensors")));
        Assert.Same(ComputeContext.Default, ComputeContext.Current);
    }

    [Fact]
    public void WhatIsNotAllowedIsNamedByItsKey()
    {
        InputException wrong = Assert.Throws<InputException>(() => new ComputeContext { Threads = 0 }.Validate());
        Assert.Equal(("threads", "0", "at least 1"), (wrong.Key, wrong.Value, wrong.Allowed));
        Assert.Equal("matrix-product", Assert.Throws<InputException>(() => MatrixLibraries.Parse("blas")).Key);
        Assert.Throws<InputException>(() => new ComputeContext { Device = ComputeDevice.Parse("cuda:0") }.Enter());
        Assert.Same(ComputeContext.Default, ComputeContext.Current);
    }

    private FineTuningOptions Options(string name, string data, ComputeContext compute) => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Train = data,
        Output = _tiny.PathOf(name),
        BatchSize = 8,
        Dropout = 0.1,
        Training = new TrainingOptions { Steps = 8, LearningRate = 1e-3, Compute = compute },
    };

    private byte[] Trained(string name, string data, ComputeContext compute, params ITrainingObserver[] observers) =>
        File.ReadAllBytes(Path.Combine(FineTuning.Run(Options(name, data, compute), observers).Folder, "model.safetensors"));

    private static double[] Answers(Predictor predictor, (string, string?)[] texts) =>
        [.. predictor.Predict(texts).SelectMany(answer => ((ClassPrediction)answer).Probabilities)];

    private static float[] States(PretrainedModel model, EncoderInput input)
    {
        using IDisposable noGradient = no_grad();
        return model.Forward(input).States.LastHiddenState.ToSingles();
    }

    /// <summary>
    /// Gradients of two layers, the second computed again in the backward pass, which runs in another context on another thread.
    /// </summary>
    private static float[] Gradients(ComputeContext forward, ComputeContext backward)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = TensorAssert.Leaf(1, 70, 96), first = TensorAssert.Leaf(2, 80, 96), second = TensorAssert.Leaf(3, 48, 80);
        Tensor loss;
        using (ComputeScope computing = forward.Enter())
        {
            Tensor hidden = Ops.LinearActivation(x, first, null, Activation.GeluErf);
            loss = Graft.Torch.Autograd.RecomputeNode.Run(inputs => Ops.Linear(inputs[0]!, second), [hidden]).square().sum();
        }

        OnAThread(() =>
        {
            using ComputeScope computing = backward.Enter();
            loss.backward();
        });
        return [.. x.grad!.ToSingles(), .. first.grad!.ToSingles(), .. second.grad!.ToSingles()];
    }

    private static void OnAThread(Action action) => Together(action);

    /// <summary>Runs each on a thread of its own, begun together; the first failure is thrown here.</summary>
    private static void Together(params Action[] actions)
    {
        List<Exception> failures = [];
        using Barrier barrier = new(actions.Length);
        Thread[] threads = [.. actions.Select(action => new Thread(() =>
        {
            try
            {
                barrier.SignalAndWait();
                action();
            }
            catch (Exception failure)
            {
                lock (failures) failures.Add(failure);
            }
        }))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        if (failures.Count > 0) throw new AggregateException(failures);
    }

    private sealed class Asking(Action ask) : ITrainingObserver
    {
        public void Updated(UpdateRecord update) => ask();
    }
}
