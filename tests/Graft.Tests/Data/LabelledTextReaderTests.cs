using System.IO.Compression;
using System.Text;
using Graft.Data;
using Parquet;
using Parquet.Schema;

namespace Graft.Tests.Data;

public sealed class LabelledTextReaderTests : DataFolder
{
    [Fact]
    public void CsvFollowsRfc4180()
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.csv", "text,category\n\"one, \"\"two\"\"\nthree\",x\r\n5\" disk,y\n\n"));
        Assert.Equal(["one, \"two\"\nthree", "5\" disk"], file.Rows.Select(row => row.Text));
        Assert.Equal(["x", "y"], file.Rows.Select(row => row.Label));
        Assert.Equal([2L, 4L], file.Rows.Select(row => row.Line));
        Assert.Equal(["category"], file.LabelColumns);
    }

    [Fact]
    public void SemicolonsSeparateWhereCommasDoNot() =>
        Assert.Equal("a, b", LabelledTextReader.Read(Write("a.csv", "text;label\na, b;x\nc;y\n")).Rows[0].Text);

    [Fact]
    public void TabSeparatedQuotesAreUnwrappedOnlyIfTheWholeFileQuotes()
    {
        string quoted = Write("quoted.tsv", "text\tlabel\n\"so \"\"bad\"\"\"\t0\nfine\t1\n");
        string plain = Write("plain.tsv", "text\tlabel\n\"so bad\"\t0\n\"so bad\" , he said\t1\n");
        Assert.Equal("so \"bad\"", LabelledTextReader.Read(quoted).Rows[0].Text);
        Assert.Equal("\"so bad\"", LabelledTextReader.Read(plain).Rows[0].Text);
    }

    [Fact]
    public void ColumnsWithoutAHeaderAreFoundByContent()
    {
        string cola = Write(
            "cola.tsv",
            "gj04\t1\t\tThe car honked down the road.\ngj04\t0\t*\tThe car honked down road the.\ncj99\t1\t\tHe left.\n"
        );
        LabelledTextFile file = LabelledTextReader.Read(cola);
        Assert.Equal("The car honked down the road.", file.Rows[0].Text);
        Assert.Equal("1", file.Rows[0].Label);
        Assert.Equal("gj04", file.Rows[0].Other["column 1"]);
        LabelledTextFile pairs = LabelledTextReader.Read(
            Write(
                "sts.csv",
                "A plane lands.,A plane is landing now.,4.8\nA man eats.,A dog eats.,1.25\nA boy is riding.,A child rides.,3.8\n"
            )
        );
        Assert.Equal(("A plane lands.", "A plane is landing now.", "4.8"), (pairs.Rows[0].Text, pairs.Rows[0].Pair, pairs.Rows[0].Label));
    }

    [Fact]
    public void OptionsNameColumns()
    {
        string path = Write("a.csv", "id,body,title,kind\n1,long text here,short,x\n");
        LabelledText row = LabelledTextReader.Read(path, new ColumnOptions { Text = "title", Pair = "body", Label = "KIND" }).Rows[0];
        Assert.Equal(("short", "long text here", "x", "1"), (row.Text, row.Pair, row.Label, row.Other["id"]));
        string headerless = Write("b.tsv", "x\tone text\ny\tanother text\n");
        Assert.Equal("one text", LabelledTextReader.Read(headerless, new ColumnOptions { Text = "2", Label = "1" }).Rows[0].Text);
    }

    [Fact]
    public void JsonLinesKeepWhatTheyHold()
    {
        string path = Write("a.jsonl", "{\"text\": \"a\\nb\", \"label\": 1, \"source\": null}\n{\"label\": true, \"text\": \"c\"}\n");
        LabelledTextFile file = LabelledTextReader.Read(path);
        Assert.Equal([("a\nb", "1"), ("c", "true")], file.Rows.Select(row => (row.Text, row.Label!)));
    }

    [Theory]
    [InlineData("text,labels\na,x|y\nb,\nc,z\n", null)]
    [InlineData("text,x,y,z\na,1,1,0\nb,0,0,0\nc,0,0,1\n", "x,y,z")]
    [InlineData("text,labels\na,\"[\"\"x\"\",\"\"y\"\"]\"\nb,[]\nc,\"[\"\"z\"\"]\"\n", null)]
    public void SeveralLabelsComeInThreeForms(string content, string? column)
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.csv", content), new ColumnOptions { MultiLabel = true, Label = column });
        Assert.Equal(["x y", "", "z"], file.Rows.Select(row => string.Join(' ', row.Labels)));
    }

    [Fact]
    public async Task ParquetColumnsBecomeText()
    {
        DataField<string> text = new("text");
        DataField<long> label = new("label");
        string path = PathOf("a.parquet");
        await using (FileStream stream = File.Create(path))
        {
            await using ParquetWriter writer = await ParquetWriter.CreateAsync(
                new ParquetSchema(text, label),
                stream,
                cancellationToken: TestContext.Current.CancellationToken
            );
            foreach (int group in (int[])[0, 1])
            {
                using ParquetRowGroupWriter rows = writer.CreateRowGroup();
                await rows.WriteAsync(text, group == 0 ? ["né", null!] : (string[])["third", "fourth"]);
                await rows.WriteAsync<long>(
                    label,
                    new long[] { 2 * group, (2 * group) + 1 },
                    cancellationToken: TestContext.Current.CancellationToken
                );
                rows.CompleteValidate();
            }
        }

        LabelledTextFile file = LabelledTextReader.Read(path);
        Assert.Equal([("né", "0", 1L), ("third", "2", 3L), ("fourth", "3", 4L)], file.Rows.Select(row => (row.Text, row.Label!, row.Line)));
        Assert.Equal([2L], file.BadRows.Select(row => row.Line));
    }

    [Fact]
    public void GzipIsSeenThrough()
    {
        using MemoryStream bytes = new();
        using (GZipStream gzip = new(bytes, CompressionMode.Compress)) gzip.Write("text\tlabel\nhello\tx\n"u8);
        Assert.Equal("hello", LabelledTextReader.Read(Write("a.tsv.gz", bytes.ToArray())).Rows[0].Text);
    }

    [Fact]
    public void BadRowsAreNamedByLineAndTheOthersKept()
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.tsv", "text\tlabel\na\tx\nb\nc\t\nd\ty\tz\ne\tx\n"));
        Assert.Equal(["a", "e"], file.Rows.Select(row => row.Text));
        Assert.Equal([3L, 4L, 5L], file.BadRows.Select(row => row.Line));
        Assert.EndsWith("a.tsv, line 3: 1 columns where the first row has 2", file.BadRows[0].ToString(), StringComparison.Ordinal);
        LabelledTextFile json = LabelledTextReader.Read(
            Write("a.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n{\"text\":\n[1]\n{\"text\":\"b\"}\n")
        );
        Assert.Equal([2L, 3L, 4L], json.BadRows.Select(row => row.Line));
    }

    [Fact]
    public void AnUnclosedQuoteIsNamedWhereItOpens()
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.csv", "text,label\na,x\n\"b,y\nc,x\n"));
        Assert.Equal([3L], file.BadRows.Select(row => row.Line));
        Assert.Contains("never closed", file.BadRows[0].Problem, StringComparison.Ordinal);
        Assert.Equal(["a", "c"], file.Rows.Select(row => row.Text));
    }

    [Theory]
    [InlineData("text\tlabel\na\tx\n", "foo", "has no column \"foo\"; it has \"text\", \"label\"")]
    [InlineData(
        "text\tother\nsome words\tthe rest of the words in it\n",
        null,
        "no label column was recognised; name it with `label-column`"
    )]
    public void AMissingColumnIsAnsweredWithThoseThereAre(string content, string? label, string message)
    {
        string padded = content + string.Concat(Enumerable.Range(0, 30).Select(i => $"text {i}\tother {i}\n"));
        InputException error = Assert.Throws<InputException>(() =>
            LabelledTextReader.Read(Write("a.tsv", padded), new ColumnOptions { Label = label })
        );
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void UnusableFilesAreNamed()
    {
        Assert.Contains("does not exist", Fails("nowhere.tsv"), StringComparison.Ordinal);
        Assert.Contains("is a folder", Fails(Path.GetDirectoryName(PathOf("x"))!), StringComparison.Ordinal);
        Assert.Contains("is empty", Fails(Write("empty.tsv", "")), StringComparison.Ordinal);
        Assert.Contains("holds no rows", Fails(Write("header.tsv", "text\tlabel\n")), StringComparison.Ordinal);
        Assert.Contains("not a sound Parquet file", Fails(Write("a.parquet", "PAR1 nothing else")), StringComparison.Ordinal);
        Assert.Contains("convert it", Fails(Write("a.xml", "<a/>")), StringComparison.Ordinal);
        Assert.Contains(
            "UTF-32",
            Fails(Write("utf32.tsv", Encoding.UTF32.GetPreamble().Concat(Encoding.UTF32.GetBytes("text\tlabel\n")).ToArray())),
            StringComparison.Ordinal
        );
        Assert.Contains("Python pickle", Fails(Write("train.pkl", [0x80, 0x04, 0x95])), StringComparison.Ordinal);
        Assert.Contains(
            "git lfs pull",
            Fails(Write("lfs.csv", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n")),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void ABrokenByteIsNamedByLineEvenFarIntoTheFile()
    {
        StringBuilder text = new("text\tlabel\n");
        for (int i = 0; i < 20_000; i++) text.Append("some é text of a row\tx\n");
        byte[] bytes = [.. Encoding.UTF8.GetBytes(text.ToString()), (byte)'a', 0xE9, (byte)'\t', (byte)'x', (byte)'\n'];
        Assert.Contains("line 20002: byte 0xE9", Fails(Write("latin1.tsv", bytes)), StringComparison.Ordinal);
        Assert.Contains("line 1: byte 0xC3", Fails(Write("cut.tsv", [(byte)'a', 0xC3])), StringComparison.Ordinal);
    }

    [Fact]
    public void AByteOrderMarkIsNoText() =>
        Assert.Equal("x", LabelledTextReader.Read(Write("a.csv", "\uFEFFtext,label\na,x\n")).Rows[0].Label);

    [Theory]
    [InlineData("banking77", 9003, 1000, 3080, 77)]
    [InlineData("polarity", 8530, 1066, 1066, 2)]
    [InlineData("nli", 8330, 999, 1998, 3)]
    public void ReferenceTasksAreRead(string task, int train, int dev, int test, int labels)
    {
        LabelledTextFile[] files = new[] { "train", "dev", "test" }
            .Select(split => LabelledTextReader.Read(TestData.Shared("tasks", task, split + ".tsv")))
            .ToArray();
        Assert.All(files, file => Assert.Empty(file.BadRows));
        Assert.Equal([train, dev, test], files.Select(file => file.Rows.Count));
        Assert.Equal(labels, files[0].Rows.Select(row => row.Label).Distinct().Count());
    }

    [Theory]
    [InlineData("classification/banking77/train.csv", 10003, "text", null, "category", 0)]
    [InlineData("classification/cola/in_domain_train.tsv", 8551, "column 4", null, "column 2", 0)]
    [InlineData("classification/cola/out_of_domain_dev.tsv", 516, "column 4", null, "column 2", 0)]
    [InlineData("classification/sst2/train.tsv", 6920, "column 1", null, "column 2", 0)]
    [InlineData("classification/sst2/glue-dev.tsv", 872, "sentence", null, "label", 0)]
    [InlineData("classification/sms-spam/SMSSpamCollection.tsv", 5574, "column 2", null, "column 1", 1)]
    [InlineData("classification/cad-imdb/orig/train.tsv", 1707, "Text", null, "Sentiment", 0)]
    [InlineData("pairs/stsb/stsb-en-train.csv", 5749, "column 1", "column 2", "column 3", 0)]
    [InlineData("pairs/stsb/stsb-de-test.csv", 1379, "column 1", "column 2", "column 3", 0)]
    [InlineData("pairs/cad-snli/revised_combined/train.tsv", 6664, "sentence1", "sentence2", "gold_label", 0)]
    public void PublishedFilesAreUnderstood(string path, int rows, string text, string? pair, string label, int badRows)
    {
        LabelledTextFile file = LabelledTextReader.Read(TestData.Shared(["data", .. path.Split('/')]));
        Assert.Equal(
            (rows, text, pair, label, badRows),
            (file.Rows.Count, file.TextColumn, file.PairColumn, file.LabelColumns[0], file.BadRows.Count)
        );
    }

    private static string Fails(string path) => Assert.Throws<InputException>(() => LabelledTextReader.Read(path)).Message;
}
