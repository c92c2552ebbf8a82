using System.Text.Json.Nodes;
using System.Xml.Linq;
using Graft.Demonstrations.Transfer;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;
using Graft.Tests.Contracts;
using Graft.Tests.Tasks;
using Graft.Torch.Compute;

namespace Graft.Tests.Demonstrations;

[Collection(AloneCollection.Name)] // one of them changes the precision, which is the process's
public sealed class TransferReportTests : IDisposable
{
    private readonly TinyBert _tiny = new();
    private readonly List<string> _log = [];
    private readonly LineLogger _logger;

    public TransferReportTests() => _logger = new LineLogger(_log.Add);

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData("50,100,all", "50 100 all")]
    [InlineData(" 10/label , all,all", "10/label all")]
    public void LabelListsAreRead(string text, string names) =>
        Assert.Equal(names, string.Join(' ', LabelBudget.ParseList(text).Select(budget => budget.Name)));

    [Theory]
    [InlineData("0")]
    [InlineData("ten")]
    [InlineData("10/class")]
    [InlineData("")]
    public void OtherLabelListsAreRefused(string text) =>
        Assert.Contains("`labels`", Assert.Throws<InputException>(() => LabelBudget.ParseList(text)).Message, StringComparison.Ordinal);

    [Fact]
    public void FewerLabelsAreTheFirstOnesAndLabelsAreThoseOfTheWholeFile()
    {
        string train = _tiny.Write(
            "rows.tsv",
            ["text\tlabel", "a good film\ta", "a bad film\ta", "a dull film\tb", "the book was good\ta", "lovely\tb", "bright\tc"]
        );
        TransferData data = TransferData.Read(Options() with { Train = train, Test = train });
        Assert.Equal(["a", "b", "c"], data.Task.Labels);
        Assert.Equal([0, 1, 2], data.Choose(new LabelBudget(3, OfEachLabel: false)));
        Assert.Equal([0, 1, 2, 4, 5], data.Choose(new LabelBudget(2, OfEachLabel: true)));
        Assert.Equal(6, data.Choose(new LabelBudget(null, OfEachLabel: false)).Count);
    }

    [Fact]
    public void EveryExampleIsHeldOutOnceWhenLabelsAreFew()
    {
        TransferData data = TransferData.Read(Options() with { Evaluation = null });
        IReadOnlyList<int> chosen = data.Choose(new LabelBudget(20, OfEachLabel: false));
        IReadOnlyList<TransferSplit> splits = data.Splits(chosen);
        Assert.Equal(5, splits.Count);
        Assert.Equal(chosen, splits.SelectMany(split => split.Judged!).Order());
        Assert.All(splits, split => Assert.Empty(split.Learned.Intersect(split.Judged!)));
        Assert.Single(TransferData.Read(Options()).Splits(chosen));
    }

    [Fact]
    public void ItComparesAllMethodsAndMakesNothingTwice()
    {
        TransferOptions options = Options() with { Labels = LabelBudget.ParseList("8/label,all") };
        TransferResult result = TransferReport.Run(options, _logger, TestContext.Current.CancellationToken);
        Assert.True(result.IsComplete);
        Assert.Equal(10, result.Rows.Count);
        Assert.All(result.Rows, row => Assert.Equal(row.Method.IsTrained ? 2 : 1, row.Scores.Count));
        Assert.True(
            result.Rows.Single(row => row.Method == TransferMethod.Counts && row.Budget.Count is null).Score.Value > 0.95,
            "one telling word decides: counting words is enough"
        );
        Assert.True(
            result.Rows.Single(row => row.Method == TransferMethod.Static && row.Budget.Count is null).Score.Value > 0.95,
            "and its vector too"
        );

        int made = _log.Count;
        TransferReport.Run(options, _logger, TestContext.Current.CancellationToken);
        Assert.Equal(made, _log.Count);
        TransferReport.Run(options with { Seeds = 3 }, _logger, TestContext.Current.CancellationToken);
        Assert.Equal(made + 4, _log.Count); // one more seed for two methods and two numbers of labels
        Assert.Contains(
            "name another `output`",
            Assert.Throws<InputException>(() => TransferReport.Run(options with { Epochs = 3 }, _logger)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ItWritesATableAPlotAPageAndNumbers()
    {
        TransferOptions options = Options() with
        {
            Methods = TransferMethod.ParseList("counts,frozen,full"),
            Labels = LabelBudget.ParseList("20,all"),
        };
        TransferReport.Run(options, _logger, TestContext.Current.CancellationToken);
        string table = File.ReadAllText(Path.Combine(options.Output, "transfer.md"));
        Assert.Contains("| labels | word counts | frozen | fine-tuned |", table, StringComparison.Ordinal);
        Assert.Contains("\n| 20 | ", table, StringComparison.Ordinal);
        Assert.Contains("\n| all (60) | ", table, StringComparison.Ordinal);
        XDocument plot = XDocument.Load(Path.Combine(options.Output, "transfer.svg"));
        Assert.Equal(3, plot.Descendants().Count(element => element.Name.LocalName == "polyline"));
        JsonNode numbers = JsonNode.Parse(File.ReadAllText(Path.Combine(options.Output, "transfer.json")))!;
        Assert.Equal(6, numbers["rows"]!.AsArray().Count);
        Assert.Equal(2, numbers["rows"]![2]!["scores"]!.AsArray().Count);
        Assert.True(File.Exists(Path.Combine(options.Output, "report.html")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(options.Output, "work", "runs")));
    }

    [Fact]
    public void WhenTheTimeIsUpTheSameCallGoesOn()
    {
        TransferOptions options = Options() with
        {
            TimeBudget = TimeSpan.FromMilliseconds(1),
            Methods = TransferMethod.ParseList("frozen,full"),
        };
        Assert.False(TransferReport.Run(options, _logger, TestContext.Current.CancellationToken).IsComplete);
        Assert.True(TransferReport.Run(options with { TimeBudget = null }, _logger, TestContext.Current.CancellationToken).IsComplete);
    }

    [Fact]
    public void ThePrecisionBelongsToWhatWasMeasured()
    {
        TransferOptions options = Options() with { Methods = TransferMethod.ParseList("frozen,full"), Seeds = 1 };
        ComputeContext rounded = new() { Precision = Precision.Bf16 };
        Assert.True(TransferReport.Run(options with { Compute = rounded }, _logger, TestContext.Current.CancellationToken).IsComplete);
        Assert.Equal(Precision.Fp32, ComputeContext.Current.Precision); // of the report, not of the process
        TransferReport.Run(options with { Output = _tiny.PathOf("exact") }, _logger, TestContext.Current.CancellationToken);
        Assert.Contains(
            "precision",
            Assert
                .Throws<InputException>(() =>
                    TransferReport.Run(options with { Output = _tiny.PathOf("exact"), Compute = rounded }, _logger)
                )
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void WordsAreComparedByEntities()
    {
        TransferOptions options = Options() with
        {
            Task = new TokenClassification(),
            Train = _tiny.Entities("train.conll", 40),
            Test = _tiny.Entities("test.conll", 20),
            Evaluation = null,
            Methods = TransferMethod.ParseList("static,frozen,full"),
            Seeds = 1,
        };
        TransferResult result = TransferReport.Run(options, _logger, TestContext.Current.CancellationToken);
        Assert.Equal("entity_f1", result.Metric);
        Assert.True(result.Rows.Single(row => row.Method == TransferMethod.Static).Score.Value > 0.95, "each word has always the same tag");
    }

    [Fact]
    public void MoreLabelsThanThereAreIsAMistake() =>
        Assert.Contains(
            "has 60 examples",
            Assert
                .Throws<InputException>(() => TransferReport.Run(Options() with { Labels = LabelBudget.ParseList("500") }, _logger))
                .Message,
            StringComparison.Ordinal
        );

    private TransferOptions Options() => new()
    {
        Model = _tiny.ModelFolder,
        Task = new TextClassification(),
        Train = _tiny.Reviews("train.tsv", 60),
        Test = _tiny.Reviews("test.tsv", 40, seed: 2),
        Evaluation = _tiny.Reviews("dev.tsv", 20, seed: 3),
        Output = _tiny.PathOf("transfer"),
        Labels = LabelBudget.ParseList("all"),
        Seeds = 2,
        Epochs = 1,
        LearningRates = [1e-3],
        ScratchRates = [1e-3, 3e-3],
    };
}
