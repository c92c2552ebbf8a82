using Graft.Parity;

namespace Graft.Tests.Parity;

/// <summary>Models beside the numbers of PyTorch: outputs, loss, gradients, three optimizer steps, by the rules of ../shared/parity/README.md.</summary>
public sealed class ParityTests
{
    /// <summary>Other kinds of reference have tests of their own.</summary>
    private static readonly string[] s_otherKinds = ["trainer-trajectory", "malformed"];

    [Theory]
    [InlineData("bert-sequence-classification")]
    [InlineData("gpt2-lm-head")]
    [InlineData("t5-question-answering")]
    [InlineData("t5-sequence-classification")]
    [InlineData("t5-token-classification")]
    public void Small_cases_that_travel_with_the_tests(string name) => AssertPassed(ParityRunner.Run(TestData.Fixture("parity", name)));

    [Theory]
    [InlineData("adapters-")]
    [InlineData("albert")]
    [InlineData("bert")]
    [InlineData("deberta")]
    [InlineData("distilbert")]
    [InlineData("distillation")]
    [InlineData("electra")]
    [InlineData("gpt2")]
    [InlineData("modernbert")]
    [InlineData("mpnet")]
    [InlineData("peft-")]
    [InlineData("roberta")]
    [InlineData("spanbert")]
    [InlineData("t5")]
    [InlineData("xlm-roberta")]
    [InlineData("checkpoints")]
    [InlineData("generation")]
    public void All_cases_of_a_family(string family)
    {
        string parity = TestData.Shared("parity");
        string[] folders = [.. Directory.GetDirectories(parity, family + "*").Where(folder => !s_otherKinds.Any(kind => Path.GetFileName(folder).StartsWith(kind, StringComparison.Ordinal)))];
        foreach (string folder in ParityRunner.Find(folders)) AssertPassed(ParityRunner.Run(folder));
    }

    [Fact]
    public void A_wrong_number_fails_its_case()
    {
        Differences differences = new("outputs", 1e-4);
        differences.Add("logits", TorchSharp.torch.tensor([1f, 2f]), TorchSharp.torch.tensor([1f, 2.001f]));
        List<ParityGroup> groups = [];
        differences.AddTo(groups);
        Assert.False(Assert.Single(groups).Passed);
    }

    [Fact]
    public void Not_a_number_and_missing_outputs_fail()
    {
        Differences differences = new("outputs", 1e-4);
        differences.Add("logits", TorchSharp.torch.tensor([1f, 2f]), TorchSharp.torch.tensor([1f, float.NaN]));
        differences.Add("loss", TorchSharp.torch.tensor([1f]), null);
        List<ParityGroup> groups = [];
        differences.AddTo(groups);
        Assert.False(Assert.Single(groups).Passed);
    }

    private static void AssertPassed(ParityReport report) =>
        Assert.True(report.Passed, $"{report.Path}: {report.Error} {string.Join("; ", report.Groups.Where(group => !group.Passed))}");
}
