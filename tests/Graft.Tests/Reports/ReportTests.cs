using System.Text.Json.Nodes;
using System.Xml.Linq;
using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Plots;
using Graft.Reports.Sections;
using Graft.Tests.Data;

namespace Graft.Tests.Reports;

public sealed class ReportTests : DataFolder
{
    private const string Hostile = "<script>alert('x')</script> & \"quotes\"";

    [Fact]
    public void ThePageIsWellFormedAndLoadsNothing()
    {
        string html = Full().ToHtml();
        XDocument page = XDocument.Parse(html[html.IndexOf("<html", StringComparison.Ordinal)..]);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute =>
            attribute.Name.LocalName is "src" || (attribute.Name.LocalName == "href" && attribute.Value[0] != '#')
        );
        Assert.DoesNotContain("url(", html, StringComparison.Ordinal);
        Assert.DoesNotContain("NaN", html, StringComparison.Ordinal);
    }

    [Fact]
    public void DataIsEscapedWhereverItStands()
    {
        XDocument page = Page(Full());
        Assert.Contains(page.Descendants("td"), cell => cell.Value.Contains(Hostile, StringComparison.Ordinal));
        Assert.Contains(page.Descendants("title"), title => title.Value.Contains(Hostile, StringComparison.Ordinal));
    }

    [Fact]
    public void EveryPlotHasANameForScreenReaders()
    {
        XElement[] plots = Page(Full()).Descendants("svg").ToArray();
        Assert.True(plots.Length >= 8, $"{plots.Length} plots");
        Assert.All(plots, plot => Assert.True(plot.Attribute("role")?.Value == "img" && plot.Attribute("aria-label")!.Value.Length > 10));
        Assert.All(Page(Full()).Descendants("table"), table => Assert.NotNull(table.Element("caption")));
    }

    [Fact]
    public void TheTwinHoldsTheSameSections()
    {
        string path = PathOf("report.html");
        Report report = Full();
        report.Write(path);
        JsonNode twin = JsonNode.Parse(File.ReadAllText(PathOf("report.json")))!;
        Assert.Equal(
            report.Sections.Select(section => section.Title),
            twin["sections"]!.AsArray().Select(section => section!["title"]!.GetValue<string>())
        );
        JsonNode confusion = twin["sections"]!.AsArray().Single(section => section!["title"]!.GetValue<string>() == "Classes")!["blocks"]![
            0
        ]!["data"]![0]!["data"]!;
        Assert.Equal("[[2,1],[0,1]]", confusion["counts"]!.ToJsonString());
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.7 0.5 0.6", 2)]
    [InlineData("0.7 0.6 0.5", null)]
    [InlineData("NaN 0.5 NaN 0.9", 2)]
    [InlineData("NaN", null)]
    public void TheTurningPointIsTheLowestLossBeforeTheEnd(string losses, int? step) => Assert.Equal(
        step,
        TrainingSection.Turn(losses.Split(' ').Select((loss, i) => new TrainingPoint(i + 1, 1, double.Parse(loss))).ToArray())?.Step);

    [Fact]
    public void TruncationCountsTextsAndTokens()
    {
        TruncationStatistics statistics = TruncationStatistics.Of([3, 10, 14], 8);
        Assert.Equal((3L, 2L, 27L, 8L), (statistics.Texts, statistics.TextsTruncated, statistics.Tokens, statistics.TokensLost));
    }

    [Fact]
    public void EntitiesAreMarkedByOutcome()
    {
        Passage passage = EntitySection.Marked(
            new TaggedExample(
                "Ann met Bob in Rome",
                [0, 4, 8, 12, 15],
                ["Ann", "met", "Bob", "in", "Rome"],
                [new EntitySpan("PER", 0, 1), new EntitySpan("LOC", 4, 5)],
                [new EntitySpan("PER", 0, 1), new EntitySpan("PER", 2, 3)],
                7
            )
        );
        Assert.Equal(
            [
                new Mark(0, 3, "PER", MarkOutcome.Right),
                new Mark(8, 11, "PER", MarkOutcome.Wrong),
                new Mark(15, 19, "LOC", MarkOutcome.Missed),
            ],
            passage.Marks
        );
    }

    [Fact]
    public void AnswersAreMarkedInTheirContext()
    {
        Question question = new()
        {
            Id = "1",
            Text = "Where?",
            Context = new string('x', 500) + " in Rome today " + new string('y', 500),
            Answers = [new Answer("Rome", 504)],
        };
        Passage passage = AnswerSection.Marked(new AnsweredExample(question, new Answer("today", 509), 0, 1));
        Assert.Equal(["today", "Rome"], passage.Marks.Select(mark => passage.Text[mark.Start..mark.End]));
        Assert.True(passage.Text.Length < 400);
    }

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(0, 800, "0 200 400 600 800")]
    [InlineData(-0.3, 0.31, "-0.2 0 0.2")]
    public void TicksAreRound(double low, double high, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', Frame.Ticks(low, high).Select(Frame.Label)));

    private static XDocument Page(Report report)
    {
        string html = report.ToHtml();
        return XDocument.Parse(html[html.IndexOf("<html", StringComparison.Ordinal)..]);
    }

    private static Report Full()
    {
        string[] labels = ["plain", Hostile];
        ClassifiedExample[] examples =
        [
            new("good", 2, 0, [0.9, 0.1]), new("fine", 3, 0, [0.6, 0.4]), new(Hostile, 4, 0, [0.2, 0.8]), new("bad", 5, 1, [0.3, 0.7]),
        ];
        NamedScore[] scores = [new("accuracy", new ScoreInterval(0.75, 0.5, 1)), new("mse", new ScoreInterval(3.2, 3, 4))];
        return new Report(Hostile, "of a test")
            .Add(ScoresSection.Build(scores, [new BaselineScore("most frequent class", 0.5)], 4))
            .Add(
                TrainingSection.Build(
                    [new TrainingPoint(1, 0.7, 0.7, 0.5), new TrainingPoint(2, 0.5, 0.6, 0.6), new TrainingPoint(3, 0.4, 0.65, double.NaN)],
                    "accuracy",
                    [new KeyFigure("epochs", "3")]
                )
            )
            .Add(ClassificationSection.Classes(examples, labels))
            .Add(
                ClassificationSection.CalibrationOf(
                    examples,
                    new ScaledConfidence(
                        1.5,
                        [
                            [0.8, 0.2],
                            [0.6, 0.4],
                            [0.3, 0.7],
                            [0.4, 0.6],
                        ],
                        "fitted on other examples"
                    )
                )
            )
            .Add(
                SlicesSection.Build([
                    (
                        "length",
                        [
                            new SliceScore("1–2 words", 2, new ScoreInterval(1, 1, 1)),
                            new SliceScore(Hostile, 2, new ScoreInterval(0.5, 0, 1)),
                        ]
                    ),
                ])
            )
            .Add(
                LearningCurveSection.Build(
                    [
                        (10, new ScoreInterval(0.5, 0.4, 0.6)),
                        (20, new ScoreInterval(0.6, 0.5, 0.7)),
                        (40, new ScoreInterval(0.65, 0.6, 0.7)),
                    ],
                    "accuracy"
                )
            )
            .Add(TruncationSection.Build(TruncationStatistics.Of([3, 10, 14], 8), [3, 10, 14], [("entities", 0.1)]))
            .Add(ClassificationSection.Mistakes(examples, labels))
            .Add(new ReportSection("Regression", [new PlotBlock(new ScatterPlot("Predicted against true", [1, 2, 3], [1.5, 2, 2.5]))]));
    }
}
