using Graft.Inference;
using Graft.Tasks;

namespace GraftClassifier.Tests;

/// <summary>Trains once (seconds), then asks.</summary>
public sealed class TrainedClassifier : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-classifier-").FullName;

    public TrainedClassifier()
    {
        Run = Classifier.Train(Path.Combine(_folder, "run"));
        Predictor = Classifier.Load(Run.Folder);
    }

    public FineTuningResult Run { get; }

    public Predictor Predictor { get; }

    public void Dispose()
    {
        Predictor.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

public sealed class ClassifierTests(TrainedClassifier trained) : IClassFixture<TrainedClassifier>
{
    /// <summary>Half of the development texts have either label: guessing scores 50 %.</summary>
    [Fact]
    public void It_is_better_than_guessing() => Assert.True(trained.Run.Scores[0].Interval.Value > 0.6);

    [Theory]
    [InlineData("Everything was wonderful, we will come back.", "praise")]
    [InlineData("The soup was cold and nobody said sorry.", "complaint")]
    public void It_answers(string text, string label) => Assert.Equal(label, trained.Predictor.Predict(text).Answer);
}
