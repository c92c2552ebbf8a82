using System.Text;
using Graft.Data;
using Graft.Data.Checks;

namespace Graft.Tests.Data;

/// <summary>
/// How tables of texts are read: headers, separators, columns, quotes. Each beside the case of its kind, of another shape.
/// </summary>
public sealed class InterpretationTests : DataFolder
{
    private static readonly string[] s_texts =
    [
        "The rye bread was a joy",
        "Our table was cold and dark",
        "The harbour walk cost little",
        "Nobody said sorry to us",
        "A seat by the window pleased me",
        "The lamp broke in the night",
        "This ferry made the day bright",
        "The soup smelled of old paint",
        "My uncle laughed all evening",
        "The room was far too small",
        "They gave us more than we asked",
        "The board said twice the price",
    ];

    [Theory]
    [InlineData("nr;wording;kind", ";", true, "wording", "kind")]
    [InlineData("feedbackText|feedbackKind", "|", true, "feedbackText", "feedbackKind")]
    [InlineData("What happened?,Was it good or bad?", ",", true, "What happened?", "Was it good or bad?")]
    [InlineData("0,1", ",", true, "0", "1")]
    [InlineData(null, ",", false, "column 1", "column 2")]
    public void AHeaderIsRecognisedByWhatStandsBelow(string? header, string delimiter, bool hasHeader, string text, string label)
    {
        int columns = header?.Split(delimiter).Length ?? 2;
        Interpretation read = Read(
            Rows(header, delimiter, i =>
                columns == 3 ? [$"{i + 7}", s_texts[i], i % 2 == 0 ? "good" : "bad"] : [s_texts[i], i % 2 == 0 ? "good" : "bad"]
            )
        );
        Assert.Equal((hasHeader, delimiter, text, label, 12L), (read.Header, read.Delimiter, read.Text, read.Label, read.Rows));
        Assert.Equal(6, read.Labels["good"]);
    }

    [Fact]
    public void AHeaderIsJudgedByTheWholeFile()
    {
        // Sorted by class, as many are: the beginning has one class only, which says nothing about the first row.
        IEnumerable<string> rows = Enumerable.Range(0, 5000).Select(i => $"the {i}th remark is about food;{(i < 4000 ? "cold" : "warm")}");
        LabelledTextFile file = LabelledTextReader.Read(Write("sorted.csv", string.Join('\n', rows.Prepend("wording;kind"))));
        Assert.True(file.Interpretation.Header);
        Assert.Equal(("wording", "kind", 5000L), (file.Interpretation.Text, file.Interpretation.Label, file.Interpretation.Rows));
        // A word above numbers stays a header where one row in a hundred is odd, far behind the beginning.
        rows = Enumerable.Range(0, 5000).Select(i => $"the {i}th remark is about food;{(i == 4500 ? "absent" : $"{i % 5}.5")}");
        file = LabelledTextReader.Read(
            Write("odd.csv", string.Join('\n', rows.Prepend("wording;points"))),
            new ColumnOptions { Answer = AnswerKind.Number }
        );
        Assert.True(file.Interpretation.Header);
    }

    [Fact]
    public void ASeparatorIsJudgedByTheWholeFile()
    {
        // A long beginning that commas cut in two by chance, and the rest, which only semicolons order.
        IEnumerable<string> rows = Enumerable
            .Range(0, 9000)
            .Select(i => i < 1500 ? $"good food, it was;{i % 2}" : $"not, as we said, of {i} kinds;{i % 2}");
        LabelledTextFile file = LabelledTextReader.Read(Write("remarks.txt", string.Join('\n', rows)));
        Assert.Equal((";", 9000L), (file.Interpretation.Delimiter, file.Interpretation.Rows));
        Assert.Empty(file.Interpretation.LeftOut);
    }

    [Fact]
    public void ColumnsAreFoundByRowsOfTheWholeFile()
    {
        // 25,000 rows without a remark before those that have one: the text is the remark all the same.
        IEnumerable<string> rows = Enumerable.Range(0, 60_000).Select(i => $"{{\"a\": \"k{i % 3}\", \"b\": {(
            i < 25_000 ? "null" : $"\"the {i}th remark is about food and service\"")}}}");
        LabelledTextFile file = LabelledTextReader.Read(Write("late.jsonl", string.Join('\n', rows)));
        Assert.Equal(("b", "a", 35_000L), (file.Interpretation.Text, file.Interpretation.Label, file.Interpretation.Rows));
    }

    [Fact]
    public void FilesJoinedWithTheirHeadersLoseTheSecondHeaderByName()
    {
        string half = Rows("text,label", ",", i => [s_texts[i], i % 2 == 0 ? "x" : "y"]);
        Interpretation read = Read(half + half);
        Assert.Equal((24L, 14L), (read.Rows, Assert.Single(read.LeftOut).Line));
    }

    [Fact]
    public void RowNamesWithoutAHeaderCellAreAColumn()
    {
        Interpretation read = Read(Rows("text,label", ",", i => [$"{i + 1}", s_texts[i], i % 2 == 0 ? "x" : "y"]));
        Assert.Equal(("text", "label", 12L), (read.Text, read.Label, read.Rows));
    }

    [Theory]
    [InlineData("sep=;\nText;Art\n", ";")]
    [InlineData("sep=|\nText|Art\n", "|")]
    public void AFirstLineMayStateTheSeparator(string start, string delimiter)
    {
        Interpretation read = Read(start + Rows(null, delimiter, i => [s_texts[i], i % 2 == 0 ? "x" : "y"]));
        Assert.Equal((delimiter, "Text", "Art", 12L), (read.Delimiter, read.Text, read.Label, read.Rows));
    }

    [Theory]
    [InlineData("utf-16be", true)]
    [InlineData("utf-16be", false)]
    [InlineData("utf-16le", false)]
    public void Utf16IsReadInEitherOrder(string name, bool mark)
    {
        UnicodeEncoding encoding = new(bigEndian: name == "utf-16be", byteOrderMark: mark);
        byte[] bytes =
        [
            .. mark ? encoding.GetPreamble() : [],
            .. encoding.GetBytes(
                "text\tlabel\n"
                    + string.Concat(Enumerable.Range(0, 12).Select(i => $"山の上の店は{i}番目に好き\t{(i % 2 == 0 ? "良" : "悪")}\n"))
            ),
        ];
        Interpretation read = Checked(Write("a.tsv", bytes));
        Assert.Equal((name, 12L, 6L), (read.Encoding, read.Rows, read.Labels["良"]));
    }

    [Fact]
    public void LinesMayEndInCarriageReturnsAlone()
    {
        Interpretation read = Read(Rows("text,label", ",", i => [s_texts[i], i % 2 == 0 ? "x" : "y"]).Replace('\n', '\r'));
        Assert.Equal((12L, 6L), (read.Rows, read.Labels["x"]));
        Assert.Equal(3L, LabelledTextReader.Read(Write("b.csv", "text,label\ra,x\rb,y\r")).Rows[1].Line);
    }

    [Theory]
    [InlineData("\"Shame\" is the word for it,x", "a", 13, 0)]
    [InlineData("\"Well\", she said and left,x", "d", 12, 1)]
    [InlineData("\"Shame, a shame,x", "b", 12, 1)]
    [InlineData("\"An open quote,x", "c", 12, 1)]
    public void AStrayQuoteCostsItsOwnRowAtMost(string row, string name, int rows, int leftOut)
    {
        string[] lines = Rows("text,label", ",", i => [s_texts[i], i % 2 == 0 ? "x" : "y"]).TrimEnd('\n').Split('\n');
        Interpretation read = Checked(
            Write(name + ".csv", string.Join('\n', [.. lines[..5], row, .. lines[5..], "\"A proper, \"\"quoted\"\" one\",y"]))
        );
        Assert.Equal((rows + 1, leftOut), ((int)read.Rows, read.LeftOut.Count));
        Assert.All(read.LeftOut, bad => Assert.Equal(6L, bad.Line));
    }

    [Fact]
    public void AQuotedFieldThatMaySwallowRowsIsRefusedAtItsLine()
    {
        string content = "text,label\na,x\nb,y\n\"c,x\nd,y\ne\",x\nf,y\n";
        Assert.Contains("line 4: the quote that opens a field here closes in line 6", Refused(content), StringComparison.Ordinal);
    }

    [Fact]
    public void BackslashesMayEscapeQuotes()
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.csv", "text,label\n\"He said \\\"no\\\", then left\",x\nb,y\n"));
        Assert.Equal("He said \"no\", then left", file.Rows[0].Text);
    }

    [Theory]
    [InlineData("text,lang,mood", "mood")]
    [InlineData("text,mood_probability,mood", "mood")]
    [InlineData("text,created_at,mood", "mood")]
    [InlineData("text,author_id,mood", "mood")]
    public void PlainLabelsGoBeforeColumnsAboutTheRow(string header, string label)
    {
        Interpretation read = Read(Rows(header, ",", i => [
                    s_texts[i],
                    header.Contains("lang", StringComparison.Ordinal) ? (i % 3 == 0 ? "en" : "de")
                    : header.Contains("created", StringComparison.Ordinal) ? $"2026-03-{i + 1:00}"
                    : header.Contains("author", StringComparison.Ordinal) ? $"{i % 4}"
                    : $"0.{i + 10}",
                    i % 2 == 0 ? "good" : "bad",
                ]));
        Assert.Equal(label, read.Label);
    }

    [Fact]
    public void TwoReadingsThatAreEquallyLikelyAreAQuestion()
    {
        string labels = Rows("text,mood,topic", ",", i => [s_texts[i], i % 2 == 0 ? "good" : "bad", i % 3 == 0 ? "food" : "room"]);
        Assert.Contains(
            "\"mood\" and \"topic\" may both be the label; say which with `label-column`",
            Refused(labels.Replace("topic", "place", StringComparison.Ordinal).Replace("mood", "mood", StringComparison.Ordinal))
                .Replace("place", "topic", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        string texts = Rows("remark,reply,mood", ",", i => [s_texts[i], s_texts[11 - i] + " indeed", i % 2 == 0 ? "good" : "bad"]);
        Assert.Contains("may both be the text; say which with `text-column`", Refused(texts), StringComparison.Ordinal);
        string separators = string.Concat(Enumerable.Range(0, 12).Select(i => $"{s_texts[i]}, yes;{(i % 2 == 0 ? "good" : "bad")}\n"));
        Assert.Contains("say which with `delimiter`", Refused(separators, "a.txt"), StringComparison.Ordinal);
        Assert.Equal(12, Checked(Write("a.txt", separators), new ColumnOptions { Delimiter = ";" }).Rows);
    }

    [Theory]
    [InlineData("headline_a,headline_b,label", "headline_a", "headline_b")]
    [InlineData("premise,hypothesis,label", "premise", "hypothesis")]
    [InlineData("text,positive,label", "text", null)]
    [InlineData("text,reply,label", "text", null)]
    public void OnlyANameMakesASecondText(string header, string text, string? pair)
    {
        Interpretation read = Read(Rows(header, ",", i => [s_texts[i], s_texts[11 - i], i % 2 == 0 ? "x" : "y"]));
        Assert.Equal((text, pair), (read.Text, read.Pair));
    }

    [Fact]
    public void ALaterFileIsReadAsTrainingWas()
    {
        Interpretation train = Read(Rows("no,remark,reply,kind", ",", i => [$"{i}", s_texts[i], "ok", i % 2 == 0 ? "x" : "y"]));
        string later = Write(
            "later.csv",
            Rows("no,remark,reply,kind", ",", i =>
                [$"{i}", "short one", string.Join(' ', Enumerable.Repeat(s_texts[i], 9)), i % 2 == 0 ? "x" : "y"]
            )
        );
        Interpretation read = LabelledTextReader.Read(later, new ColumnOptions { Trained = train }).Interpretation;
        Assert.Equal(("remark", "kind"), (read.Text, read.Label));
        Assert.Null(read.DepartureFrom(train));
        Interpretation other = LabelledTextReader
            .Read(
                Write("other.csv", Rows("body,kind", ",", i => [s_texts[i], i % 2 == 0 ? "x" : "y"])),
                new ColumnOptions { Trained = train }
            )
            .Interpretation;
        Assert.Equal("text = body where training had remark", other.DepartureFrom(train));
        Assert.Equal(read.Text, Interpretation.FromRecord(read.ToRecord(), "x")!.Text);
    }

    [Fact]
    public void AReadingIsToldInALine()
    {
        Interpretation read = Read(Rows("remark;category", ";", i => [
                    s_texts[i],
                    i == 4 ? ""
                    : i % 2 == 0 ? "x"
                    : "y",
                ]));
        Assert.Equal(
            "CSV, `;`, header, text = remark, label = category; 11 rows, 1 left out: line 6: no label in column \"category\"",
            read.Describe()
        );
    }

    [Fact]
    public void ShardsOfAFolderOrPatternAreOneFile()
    {
        foreach (string part in (string[])["train", "test"])
        {
            Directory.CreateDirectory(PathOf("set/data"));
            for (int shard = 0; shard < 2; shard++)
                Write(
                    $"set/data/{part}-0000{shard}-of-00002.jsonl",
                    string.Concat(
                        Enumerable
                            .Range(0, 6)
                            .Select(i => $"{{\"text\": \"{part} {shard} {s_texts[i]}\", \"label\": \"{(i % 2 == 0 ? "x" : "y")}\"}}\n")
                    )
                );
        }

        Assert.Equal(12, Checked(PathOf("set")).Rows);
        Assert.Equal(12, Checked(PathOf("set/data/test-*.jsonl")).Rows);
        Assert.Contains(
            "holds several parts (test, train)",
            Assert.Throws<InputException>(() => LabelledTextReader.Read(PathOf("set"))).Message,
            StringComparison.Ordinal
        );
        Assert.Equal(
            [1L, 12L],
            new[] { 0, 11 }.Select(i => LabelledTextReader.Read(PathOf("set"), new ColumnOptions { Part = DataPart.Training }).Rows[i].Row)
        );
    }

    [Fact]
    public void PlainTextIsALineATextWhateverItHolds()
    {
        string path = Write("a.txt", "One, two\nThree\tfour, five\n\nSix\n");
        Assert.Equal(["One, two", "Three\tfour, five", "Six"], LabelledTextReader.Stream(path).Select(row => row.Text));
        List<BadRow> blank = [];
        Assert.Equal(
            [1L, 2L, 4L],
            LabelledTextReader.Stream(path, new ColumnOptions { CountBlankLines = true }, blank.Add).Select(row => row.Row)
        );
        Assert.Equal(3, Assert.Single(blank).Row);
    }

    private static string Rows(string? header, string delimiter, Func<int, string[]> cells) =>
        (header is null ? "" : header + "\n") + string.Concat(Enumerable.Range(0, 12).Select(i => string.Join(delimiter, cells(i)) + "\n"));

    private Interpretation Read(string content) => Checked(Write("file.csv", content));

    private static Interpretation Checked(string path, ColumnOptions? columns = null) =>
        TaskDataCheck
            .Run(
                new DataCheckOptions
                {
                    Task = "text-classification",
                    Train = path,
                    Columns = columns ?? new ColumnOptions(),
                }
            )
            .Files[0];

    private string Refused(string content, string name = "a.csv") =>
        Assert.Throws<InputException>(() => Checked(Write(name, content))).Message;
}
