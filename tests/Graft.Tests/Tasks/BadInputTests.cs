using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Tests.Tasks;

/// <summary>What users get wrong: one line that names the place, and no run folder left behind.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void AMissingFile() => Refused("missing.tsv", "does not exist");

    [Fact]
    public void AnEmptyFile() => Refused(_tiny.Write("empty.tsv", []), "is empty");

    [Fact]
    public void AFileWithoutLabels() => Refused(_tiny.Write("nolabel.tsv", ["text", "good", "bad"]), "label");

    [Fact]
    public void OnlyOneLabel() => Refused(_tiny.Write("one.tsv", ["text\tlabel", "good\tyes", "bad\tyes"]), "\"yes\"");

    [Fact]
    public void BrokenUtf8()
    {
        File.WriteAllBytes(_tiny.PathOf("broken.tsv"), [.. "text\tlabel\ngood\tyes\nb"u8, 0xC3, 0x28, .. "\tno\n"u8]);
        Refused(_tiny.PathOf("broken.tsv"), "line 3");
    }

    [Fact]
    public void ALabelThatTrainingDoesNotHave()
    {
        string train = _tiny.Reviews("train.tsv", 20), dev = _tiny.Write("dev.tsv", ["text\tlabel", "good\tpositive", "bad\tneutral"]);
        InputException failure = Assert.Throws<InputException>(() => FineTuning.Run(Options(train) with { Evaluation = dev }));
        Assert.Contains("line 3", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\"neutral\"", failure.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_tiny.PathOf("run")));
    }

    [Fact]
    public void ATruncatedCheckpoint()
    {
        string weights = Path.Combine(_tiny.ModelFolder, "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..1000]);
        Refused(_tiny.Reviews("train.tsv", 20), "model.safetensors");
    }

    [Fact]
    public void AnUnknownKindOfModel()
    {
        File.WriteAllText(Path.Combine(_tiny.ModelFolder, "config.json"), """{"model_type": "abacus"}""");
        Refused(_tiny.Reviews("train.tsv", 20), "abacus");
    }

    [Fact]
    public void ARunFolderThatIsThere()
    {
        Directory.CreateDirectory(_tiny.PathOf("run"));
        File.WriteAllText(Path.Combine(_tiny.PathOf("run"), "precious.txt"), "mine");
        InputException failure = Assert.Throws<InputException>(() => FineTuning.Run(Options(_tiny.Reviews("train.tsv", 20))));
        Assert.Contains("`overwrite`", failure.Message, StringComparison.Ordinal);
        Assert.Throws<InputException>(() => FineTuning.Run(Options(_tiny.PathOf("train.tsv")) with { Overwrite = true }));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(_tiny.PathOf("run"), "precious.txt")));
    }

    private FineTuningOptions Options(string train) =>
        new()
        {
            Model = _tiny.ModelFolder,
            Task = new TextClassification(),
            Train = train,
            Output = _tiny.PathOf("run"),
            Epochs = 1,
            Encoding = new EncodingOptions { MaxLength = 32 },
        };

    private void Refused(string train, string part)
    {
        InputException failure = Assert.ThrowsAny<InputException>(() => FineTuning.Run(Options(train)));
        Assert.Contains(part, failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
        Assert.False(Directory.Exists(_tiny.PathOf("run")));
    }
}
