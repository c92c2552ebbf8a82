using Graft.Parity;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Parity;

/// <summary>
/// Models beside the numbers of PyTorch: outputs, loss, gradients, three optimizer steps, by the rules of ../shared/parity/README.md.
/// </summary>
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
    public void SmallCasesThatTravelWithTheTests(string name) => AssertPassed(ParityRunner.Run(TestData.Fixture("parity", name)));

    [Fact]
    public void EveryCaseOfTheReferenceFolderPasses()
    {
        string parity = TestData.Shared("parity");
        string[] folders = [.. Directory.GetDirectories(parity).Where(folder => !s_otherKinds.Contains(Path.GetFileName(folder)))];
        ParityReport[] failed = [.. ParityRunner.Find(folders).Select(ParityRunner.Run).Where(report => !report.Passed)];
        Assert.True(failed.Length == 0, string.Join('\n', failed.Select(Describe)));
    }

    [Fact]
    public void AnExactGradientOfZeroIsKnownByTheGradient()
    {
        Tensor reference = tensor([0.3f, 2e-7f, 0f, -0.2f, 0f, 0f, 3e-8f, -1e-7f, 0f], [3, 3]),
            moved = tensor([true, true, true, true, false, false, true, true, true], [3, 3]);
        (Tensor certain, Tensor noise) = TrainingParity.Elements(reference, zeros(3, 3), moved);
        // a zero that moves is none
        Assert.Equal([true, false, false, true, true, true, false, false, false], certain.data<bool>().ToArray());
        Assert.Equal([false, true, true, false, false, false, true, true, true], noise.data<bool>().ToArray());
    }

    [Fact]
    public void AWrongNumberFailsItsCase()
    {
        Differences differences = new("outputs", 1e-4);
        differences.Add("logits", TorchSharp.torch.tensor([1f, 2f]), TorchSharp.torch.tensor([1f, 2.001f]));
        List<ParityGroup> groups = [];
        differences.AddTo(groups);
        Assert.False(Assert.Single(groups).Passed);
    }

    [Fact]
    public void NotANumberAndMissingOutputsFail()
    {
        Differences differences = new("outputs", 1e-4);
        differences.Add("logits", TorchSharp.torch.tensor([1f, 2f]), TorchSharp.torch.tensor([1f, float.NaN]));
        differences.Add("loss", TorchSharp.torch.tensor([1f]), null);
        List<ParityGroup> groups = [];
        differences.AddTo(groups);
        Assert.False(Assert.Single(groups).Passed);
    }

    private static void AssertPassed(ParityReport report) => Assert.True(report.Passed, Describe(report));

    private static string Describe(ParityReport report) =>
        $"{report.Path}: {report.Error} {string.Join("; ", report.Groups.Where(group => !group.Passed))}";
}
