using System.Runtime.CompilerServices;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Inference;
using Graft.Tests.Tasks;

namespace Graft.Tests.Guide;

/// <summary>
/// The guide's lines of C# are compiled here, are the guide's to the letter, and run. Alone, because they use the current folder.
/// </summary>
[Collection(nameof(CurrentFolder))]
public sealed class GuideSnippetTests
{
    [Fact]
    public void TheGuideShowsWhatIsCompiledHere()
    {
        string[] guide = Between(File.ReadAllLines(Path.Combine(TestData.Root, "docs", "guide", "12-serving.md")), "```csharp", "```");
        string[] here = Between(File.ReadAllLines(ThisFile()), "// guide begins", "// guide ends");
        Assert.Equal(guide, here.Select(line => line.Length < 12 ? line : line[12..]));
    }

    /// <summary>The samples are built and run by tests of their own.</summary>
    [Fact]
    public void TheGuideShowsTheSamplesToTheLetter()
    {
        string[] sources =
        [
            .. Directory
                .EnumerateFiles(Path.Combine(TestData.Root, "samples"), "*.cs", SearchOption.AllDirectories)
                .Select(file => Plain(File.ReadAllLines(file))),
        ];
        string[] chapter = File.ReadAllLines(Path.Combine(TestData.Root, "docs", "guide", "13-add-your-own.md"));
        int[] begins = [.. Enumerable.Range(0, chapter.Length).Where(line => chapter[line] == "```csharp")];
        Assert.NotEmpty(begins);
        foreach (int begin in begins)
        {
            string shown = Plain(chapter[(begin + 1)..Array.IndexOf(chapter, "```", begin)]);
            Assert.True(
                sources.Any(source => source.Contains(shown, StringComparison.Ordinal)),
                $"13-add-your-own.md:{begin + 1} is in no sample:\n{shown}"
            );
        }

        static string Plain(string[] lines) => string.Join('\n', lines.Select(line => line.Trim()));
    }

    [Fact]
    public void ItRuns()
    {
        using TinyBert tiny = new();
        FineTuning.Run(
            new FineTuningOptions
            {
                Model = tiny.ModelFolder,
                Task = new TextClassification(),
                Train = tiny.Reviews("train.tsv", 20),
                Output = tiny.PathOf("runs/service"),
                Epochs = 1,
            },
            cancellationToken: TestContext.Current.CancellationToken
        );
        string before = Environment.CurrentDirectory;
        TextWriter console = Console.Out;
        using StringWriter output = new();
        try
        {
            Environment.CurrentDirectory = tiny.Folder;
            Console.SetOut(output);
            // guide begins
            using Predictor predictor = Predictor.Load("runs/service");
            Prediction one = predictor.Predict("The soup was cold and nobody said sorry.");
            Console.WriteLine($"{one.Answer} {one.Confidence:P0}");

            IReadOnlyList<Prediction> many = predictor.Predict([("The room was bright.", null), ("It broke at once.", null)]);
            Console.WriteLine(string.Join(", ", many.Select(prediction => prediction.Answer)));
            // guide ends
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = before;
        }

        Assert.Matches("^(positive|negative) [0-9]+", output.ToString());
    }

    private static string[] Between(string[] lines, string begin, string end)
    {
        int first = Array.FindIndex(lines, line => line.Trim() == begin) + 1;
        return lines[first..Array.FindIndex(lines, first, line => line.Trim() == end)];
    }

    private static string ThisFile([CallerFilePath] string path = "") =>
        Path.Combine(TestData.Root, "tests", "Graft.Tests", "Guide", Path.GetFileName(path));
}
