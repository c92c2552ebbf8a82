using Graft.Backbones;
using Graft.Cli;
using Graft.Tests.Tasks;

namespace Graft.Tests.Commands;

/// <summary>
/// An option whose value no data and no model could make right: stderr is one line that names it, the exit code is 2, and nothing is
/// written.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class RefusedOptionTests : IDisposable
{
    private readonly TinyBert _tiny = new();
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-refused-").FullName;

    public void Dispose()
    {
        _tiny.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("--adapter-norms", "some", "--strategy", "houlsby")]
    [InlineData("--alpha", "0", "--strategy", "lora")]
    [InlineData("--batch-size", "0")]
    [InlineData("--beta1", "1")]
    [InlineData("--beta2", "-0.1")]
    [InlineData("--class-weights", "nowhere.json")]
    [InlineData("--classifier", "forest", "--strategy", "head")]
    [InlineData("--clip-norm", "-1")]
    [InlineData("--delimiter", "ab")]
    [InlineData("--device", "tpu")]
    [InlineData("--dropout", "1.5")]
    [InlineData("--early-stopping", "0")]
    [InlineData("--epochs", "-1")]
    [InlineData("--epochs", "many")]
    [InlineData("--epsilon", "0")]
    [InlineData("--eval-every", "0")]
    [InlineData("--examples", "0")]
    [InlineData("--features", "warm", "--strategy", "head")]
    [InlineData("--format", "xlsx")]
    [InlineData("--gradient-accumulation", "0")]
    [InlineData("--gradual-unfreezing", "2")]
    [InlineData("--header", "maybe")]
    [InlineData("--keep", "all")]
    [InlineData("--keep-checkpoints", "0")]
    [InlineData("--label-column", "stars")]
    [InlineData("--label-smoothing", "1")]
    [InlineData("--layer-decay", "0")]
    [InlineData("--learning-rate", "-1e-5")]
    [InlineData("--learning-rate", "fast")]
    [InlineData("--lora-dropout", "1", "--strategy", "lora")]
    [InlineData("--max-length", "2")]
    [InlineData("--max-pairs", "0", "--strategy", "contrastive")]
    [InlineData("--optimizer", "sgdm")]
    [InlineData("--pair-sampling", "some", "--strategy", "contrastive")]
    [InlineData("--pooling", "median", "--strategy", "head")]
    [InlineData("--precision", "fp8")]
    [InlineData("--rank", "0", "--strategy", "lora")]
    [InlineData("--reduction-factor", "0", "--strategy", "houlsby")]
    [InlineData("--replay", "nowhere.jsonl")]
    [InlineData("--rounds", "0", "--strategy", "contrastive")]
    [InlineData("--schedule", "sawtooth")]
    [InlineData("--seed", "-1")]
    [InlineData("--seeds", "0")]
    [InlineData("--steps", "0")]
    [InlineData("--strategy", "magic")]
    [InlineData("--stride", "-1")]
    [InlineData("--task", "text-juggling")]
    [InlineData("--template", "This text", "--strategy", "contrastive")]
    [InlineData("--text-column", "stars")]
    [InlineData("--threads", "0")]
    [InlineData("--time-budget", "soon")]
    [InlineData("--virtual-tokens", "0", "--strategy", "prompt")]
    [InlineData("--warmup", "-1")]
    [InlineData("--weight-decay", "-1")]
    [InlineData("--colour", "red")]
    public Task OfFinetune(string option, string value, params string[] others) =>
        Refused(
            option,
            [
                "finetune",
                "--model",
                _tiny.ModelFolder,
                "--train",
                Train(),
                "--output",
                Output,
                .. option == "--task" ? (string[])[] : ["--task", "text-classification"],
                .. others,
                option,
                value,
            ]
        );

    [Theory]
    [InlineData("predict", "--offsets", "bytes")]
    [InlineData("predict", "--shard", "4/3")]
    [InlineData("predict", "--text-column", "stars")]
    [InlineData("predict", "--task", "text-juggling")]
    [InlineData("predict", "--header", "perhaps")]
    [InlineData("predict", "--num-beams", "0")]
    [InlineData("embed", "--max-length", "1")]
    [InlineData("embed", "--pooling", "median")]
    [InlineData("embed", "--format", "xlsx")]
    [InlineData("embed", "--prompt-name", "ask")]
    [InlineData("generate", "--temperature", "-1")]
    [InlineData("generate", "--top-p", "2")]
    [InlineData("generate", "--num-beams", "0")]
    [InlineData("evaluate", "--label-column", "stars")]
    public Task OfCommandsThatAnswer(string command, string option, string value) =>
        Refused(option, [command, "--model", Model(command), "--input", Train(), option, value, .. Written(command)]);

    [Theory]
    [InlineData("--batch-size", "0")]
    [InlineData("--corpus", "nowhere.txt")]
    [InlineData("--epochs", "-1")]
    [InlineData("--held-out", "2")]
    [InlineData("--learning-rate", "-1")]
    [InlineData("--mask-share", "1.5")]
    [InlineData("--masking", "stripes")]
    [InlineData("--objective", "juggling")]
    [InlineData("--packing", "tight")]
    [InlineData("--steps", "0")]
    public Task OfPretrain(string option, string value) =>
        Refused(
            option,
            [
                "pretrain",
                "--init-from",
                _tiny.ModelFolder,
                .. option == "--corpus" ? (string[])[] : ["--corpus", Train()],
                .. option is "--epochs" or "--steps" ? (string[])[] : ["--steps", "2"],
                "--output",
                Output,
                option,
                value,
            ]
        );

    [Fact]
    public Task OfCompare()
    {
        string model = Model("compare");
        return Refused("--label-column", ["compare", model, model, "--input", Train(), "--label-column", "stars"]);
    }

    private string Output => Path.Combine(_folder, "output");

    /// <summary>A model that does what the command asks for.</summary>
    private string Model(string command)
    {
        string folder = _tiny.PathOf(command);
        if (command == "generate") TinyFamily.Create(folder, "gpt2", HeadKinds.CausalLm);
        else TinyFamily.Create(folder, "bert", HeadKinds.SequenceClassification, ["no", "yes"]);
        return folder;
    }

    private string[] Written(string command) =>
        command switch
        {
            "predict" => ["--output", Output + ".jsonl"],
            "embed" => ["--output", Output + ".jsonl"],
            "evaluate" => ["--output", Output],
            _ => [],
        };

    private string Train()
    {
        string path = Path.Combine(_folder, "train.tsv");
        File.WriteAllText(path, "text\tlabel\n" + string.Concat(Enumerable.Repeat("good fine\tyes\nbad poor\tno\n", 8)));
        return path;
    }

    private async Task Refused(string option, string[] arguments)
    {
        (TextWriter error, TextWriter output) = (Console.Error, Console.Out);
        using StringWriter told = new(), answered = new();
        Console.SetError(told);
        Console.SetOut(answered);
        int exitCode;
        try
        {
            exitCode = await GraftCommandLine.RunAsync(arguments);
        }
        finally
        {
            Console.SetError(error);
            Console.SetOut(output);
        }

        Assert.True(exitCode == 2, $"exit {exitCode}\n{told}");
        string line = Assert.Single(told.ToString().TrimEnd('\n').Split('\n'));
        Assert.StartsWith("graft: ", line, StringComparison.Ordinal);
        string said = arguments[Math.Max(0, Array.IndexOf(arguments, option)) + 1]; // columns and files are named by what was said
        Assert.True(
            line.Contains(option.TrimStart('-'), StringComparison.Ordinal) || line.Contains(said, StringComparison.Ordinal),
            line
        );
        Assert.Equal("", answered.ToString());
        Assert.DoesNotContain("internal error", line, StringComparison.Ordinal);
        Assert.All(Directory.EnumerateFileSystemEntries(_folder), path => Assert.Equal("train.tsv", Path.GetFileName(path)));
    }
}
