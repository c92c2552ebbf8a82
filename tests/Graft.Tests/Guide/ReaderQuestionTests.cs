using System.Text.RegularExpressions;

namespace Graft.Tests.Guide;

/// <summary>What a reader new to the code asks is answered by one file, at most three links from the README.</summary>
public sealed partial class ReaderQuestionTests
{
    private const int MostSteps = 3;

    [Theory]
    [InlineData("how does BERT attend?", "src/Graft/Backbones/Bert/BertAttention.cs", "softmax(Q")]
    [InlineData("where is a learning rate resolved?", "src/Graft/FineTuning/AutoRecipe.cs", "LearningRate(")]
    [InlineData("where do IOB tags become entities?", "src/Graft.Core/Data/Tagging/TagSchemes.cs", "> Entities(")]
    [InlineData(
        "where is a pickle opcode refused?",
        "src/Graft.Core/Checkpoints/PyTorch/PickleMachine.cs",
        "is not an instruction of a pickle of weights"
    )]
    [InlineData("what does a new metric need?", "src/Graft.Core/Tasks/TaskMetrics.cs", "interface ITaskMetric")]
    public void OneFileAnswersWithinThreeLinks(string question, string file, string answer)
    {
        HashSet<string> reached = ["README.md"];
        for (int step = 0; step < MostSteps; step++)
            reached.UnionWith(reached.Where(page => page.EndsWith(".md", StringComparison.Ordinal)).SelectMany(Links).ToArray());
        Assert.True(reached.Contains(file), $"{question} No {MostSteps} links lead from the README to {file}");
        Assert.Contains(answer, File.ReadAllText(Path.Combine(TestData.Root, file)), StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The files that a page links to, from the repository's root.</summary>
    private static IEnumerable<string> Links(string page)
    {
        string path = Path.Combine(TestData.Root, page), folder = Path.GetDirectoryName(path)!;
        return File.Exists(path)
            ? Link()
                .Matches(File.ReadAllText(path))
                .Select(match =>
                    Path.GetRelativePath(TestData.Root, Path.GetFullPath(Path.Combine(folder, match.Groups["to"].Value))).Replace('\\', '/')
                )
            : [];
    }

    [GeneratedRegex(@"\]\((?<to>[^)#:]+)\)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Link();
}
