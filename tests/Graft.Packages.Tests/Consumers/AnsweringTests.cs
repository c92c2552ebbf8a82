using Xunit;

public sealed class AnsweringTests
{
    [Fact]
    public void TheProgramAnswers() =>
        Assert.StartsWith(
            "Answer p",
            Answering.TrainAndAsk(Environment.GetEnvironmentVariable("GRAFT_TEST_TRAIN")!),
            StringComparison.Ordinal
        );
}
