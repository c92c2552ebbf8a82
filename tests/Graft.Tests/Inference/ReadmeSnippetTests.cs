using System.Runtime.CompilerServices;
using Graft.Inference;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Tasks;

namespace Graft.Tests.Inference;

/// <summary>
/// The README's lines of C# are compiled here, are the README's to the letter, and run. Alone, because they use the current folder.
/// </summary>
[Collection(nameof(CurrentFolder))]
public sealed class ReadmeSnippetTests
{
    [Fact]
    public void TheReadmeShowsWhatIsCompiledHere()
    {
        string[] readme = Between(File.ReadAllLines(Path.Combine(TestData.Root, "README.md")), "```csharp", "```");
        string[] here = Between(File.ReadAllLines(ThisFile()), "// README begins", "// README ends");
        Assert.Equal(readme, here.Select(line => line.Length < 12 ? line : line[12..]));
        Assert.InRange(readme.Length, 1, 15);
    }

    [Fact]
    public void ItRuns()
    {
        using TinyBert tiny = new();
        Directory.CreateDirectory(tiny.PathOf("models"));
        Directory.Move(tiny.ModelFolder, tiny.PathOf("models/graft-small"));
        Directory.CreateDirectory(tiny.PathOf("samples/reviews"));
        tiny.Reviews("samples/reviews/train.tsv", 40);
        tiny.Reviews("samples/reviews/dev.tsv", 20);
        string before = Environment.CurrentDirectory;
        TextWriter console = Console.Out;
        using StringWriter output = new();
        try
        {
            Environment.CurrentDirectory = tiny.Folder;
            Console.SetOut(output);
            // README begins
            FineTuningResult run = FineTuning.Run(new FineTuningOptions
            {
                Model = "models/graft-small",                   // a folder in Hugging Face's layout
                Task = new TextClassification(),
                Train = "samples/reviews/train.tsv",
                Evaluation = "samples/reviews/dev.tsv",
                Output = "runs/reviews",
            });
            Console.WriteLine($"{run.Scores[0].Name} {run.Scores[0].Interval.Value:P1}");

            using Predictor predictor = Predictor.Load(run.Folder);
            Prediction answer = predictor.Predict("The soup was cold and nobody said sorry.");
            Console.WriteLine($"{answer.Answer} {answer.Confidence:P0}");
            // README ends
        }
        finally
        {
            Console.SetOut(console);
            Environment.CurrentDirectory = before;
        }

        Assert.StartsWith("accuracy", output.ToString(), StringComparison.Ordinal);
    }

    private static string[] Between(string[] lines, string begin, string end)
    {
        int first = Array.FindIndex(lines, line => line.Trim() == begin) + 1;
        return lines[first..Array.FindIndex(lines, first, line => line.Trim() == end)];
    }

    private static string ThisFile([CallerFilePath] string path = "") =>
        Path.Combine(TestData.Root, "tests", "Graft.Tests", "Inference", Path.GetFileName(path));
}

/// <summary>Tests that change the current folder run alone.</summary>
[CollectionDefinition(nameof(CurrentFolder), DisableParallelization = true)]
public sealed class CurrentFolder;
