using Graft.Backbones;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.LanguageModeling;
using Graft.Tasks.TextToText;
using Graft.Training;

namespace Graft.Tests.Tasks;

/// <summary>Tasks that write: T5 learns a text for a text, GPT-2 goes on with texts.</summary>
public sealed class WritingTaskTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-writing-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void LearnsATextForAText()
    {
        TinyFamily.Create(PathOf("t5"), "t5", HeadKinds.SequenceToSequence);
        string data = Write(
            "pairs.tsv",
            [
                "text\ttarget",
                .. Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? "the film was good .\tlovely film" : "the book was bad .\tawful book"),
            ]
        );
        FineTuningResult result = FineTuning.Run(Options("t5", new TextToText { Generation = new() { MaxNewTokens = 8 } }, data));
        Assert.Equal("rouge_l", result.Scores[0].Name);
        Assert.True(
            result.Scores.First(score => score.Name == "exact_match").Interval.Value > 0.9,
            $"exact match {result.Scores[3].Interval.Value}"
        );
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal("lovely film", predictor.Predict("the film was good .").Answer);
        Assert.Equal(8, predictor.Task.Generation.MaxNewTokens);
        RunEvaluation evaluation = RunEvaluation.Evaluate(result.Folder, data);
        Assert.Equal(result.Scores[4].Interval.Value, evaluation.Scores[4].Interval.Value, 1e-9);
    }

    [Fact]
    public void LearnsToGoOnWithTexts()
    {
        TinyFamily.Create(PathOf("gpt2"), "gpt2", HeadKinds.CausalLm);
        string data = Write("texts.txt", Enumerable.Range(0, 60).Select(i => i % 2 == 0 ? "anna lives in rome ." : "omar lives in oslo ."));
        FineTuningResult result = FineTuning.Run(
            Options("gpt2", new CausalLanguageModeling { Generation = new() { MaxNewTokens = 6 } }, data)
        );
        Assert.Equal("perplexity", result.Scores[0].Name);
        // The first word is not predicted, the rest follows from it.
        Assert.True(result.Scores[0].Interval.Value < 1.2, $"perplexity {result.Scores[0].Interval.Value}");
        using Predictor predictor = Predictor.Load(result.Folder);
        Assert.Equal("lives in rome .", predictor.Predict("anna").Answer.Trim());
    }

    [Fact]
    public void WindowsCountEveryTokenOnceAndPerplexityIsThatOfThePlainForwardPass()
    {
        TinyFamily.Create(PathOf("gpt2"), "gpt2", HeadKinds.CausalLm);
        string data = Write("texts.txt", ["the film was good and the book was bad . anna lives in rome .", "who lives in oslo ?"]);
        using Predictor wide = Predictor.Load(PathOf("gpt2"), new EncodingOptions { MaxLength = 32 }, "causal-lm"),
            narrow = Predictor.Load(PathOf("gpt2"), new EncodingOptions { MaxLength = 8, Stride = 3 }, "causal-lm");
        TaskData texts = wide.Task.Read(data, new(), labelled: true);
        LanguageModelPrediction[] whole = [.. wide.Predict(texts).Cast<LanguageModelPrediction>()],
            windows = [.. narrow.Predict(texts).Cast<LanguageModelPrediction>()];
        Assert.Equal([15, 5], whole.Select(text => text.Tokens)); // all but the first, and the end
        Assert.Equal(whole.Select(text => text.Tokens), windows.Select(text => text.Tokens));
        int[] ids = [.. Graft.Tokenizers.Tokenizer.Load(PathOf("gpt2")).EncodeIds("who lives in oslo ?"), 6];
        using (Graft.Pretrained.PretrainedModel model = Graft.Pretrained.PretrainedModel.Load(PathOf("gpt2")))
        using (TorchSharp.torch.NewDisposeScope())
        {
            TorchSharp.torch.Tensor tensor = TorchSharp.torch.tensor(ids.Select(id => (long)id).ToArray()).unsqueeze(0);
            Graft.Layers.EncoderInput input = new() { InputIds = tensor };
            double loss = Graft
                .Heads.LossTerm.Total(model.Head!.Losses(model.Forward(input).Scores!, input, new Graft.Heads.Targets { Labels = tensor }))
                .item<float>();
            Assert.Equal(loss, whole[1].Scores.Loss, 1e-5);
        }

        Assert.Equal(whole[1].NegativeLogLikelihood, windows[1].NegativeLogLikelihood, 1e-4);
        Assert.NotEqual(whole[0].NegativeLogLikelihood, windows[0].NegativeLogLikelihood, 1e-4); // less context
    }

    [Fact]
    public void CuttingTheBatchChangesNothing()
    {
        TinyFamily.Create(PathOf("t5"), "t5", HeadKinds.SequenceToSequence);
        string data = Write(
            "pairs.tsv",
            [
                "text\ttarget",
                .. Enumerable.Range(0, 16).Select(i => i % 3 == 0 ? "the film was good .\tlovely film" : "book bad\tawful book and story"),
            ]
        );
        FineTuningOptions options = Options("t5", new TextToText(), data) with
        {
            Epochs = null,
            Training = new TrainingOptions { Steps = 2 },
            Evaluation = null,
            Dropout = 0.1,
            LearningRate = 1e-4,
        };
        float[] whole = FineTuningTests.Weights(FineTuning.Run(options with { Output = PathOf("whole") }).Folder);
        float[] cut = FineTuningTests.Weights(FineTuning.Run(options with { Output = PathOf("cut"), GradientAccumulation = 4 }).Folder);
        for (int i = 0; i < whole.Length; i++) Assert.Equal(whole[i], cut[i], 1e-4f);
    }

    private FineTuningOptions Options(string model, FineTuningTask task, string data) =>
        new()
        {
            Model = PathOf(model),
            Task = task,
            Train = data,
            Evaluation = data,
            Output = PathOf("run"),
            Epochs = 20,
            LearningRate = 5e-3,
            BatchSize = 16,
            Dropout = 0,
            Encoding = new EncodingOptions { MaxLength = 24 },
            Training = new TrainingOptions { EvaluateEvery = 1000 },
        };

    private string PathOf(string name) => Path.Combine(_folder, name);

    private string Write(string name, IEnumerable<string> lines)
    {
        File.WriteAllLines(PathOf(name), lines);
        return PathOf(name);
    }
}
