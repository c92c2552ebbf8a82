using Graft.Data;
using Graft.Data.Checks;

namespace Graft.Tests.Data;

/// <summary>Files in the form of public data sets and tools, by their documentation; the texts are made up.</summary>
public sealed class PublishedFormsTests : DataFolder
{
    private static readonly string[] s_things = ["bread", "table", "harbour", "library", "ferry", "uncle", "garden", "lamp", "kitchen"];
    private static readonly string[] s_events = ["was lovely", "was awful", "broke twice", "pleased us all", "cost too much"];

    public static TheoryData<string, string, string, string, string?, string> Tables => new()
    {
        // file, task, content, text, pair, label
        {
            "cola.tsv",
            "text-classification",
            Rows(null, i => $"gj04\t{i % 2}\t{(i % 2 == 0 ? "*" : "")}\t{Text(i)}."),
            "column 4",
            null,
            "column 2"
        },
        { "sst2.tsv", "text-classification", Rows("sentence\tlabel", i => $"{Text(i)} \t{i % 2}"), "sentence", null, "label" },
        {
            "mrpc.tsv",
            "text-pair-classification",
            Rows(
                "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String",
                i => $"{i % 2}\t{702876 + i}\t{702977 + i}\t{Text(i)} .\t{Text(i + 9)} ."
            ),
            "#1 String",
            "#2 String",
            "Quality"
        },
        {
            "qnli.tsv",
            "text-pair-classification",
            Rows(
                "index\tquestion\tsentence\tlabel",
                i => $"{i}\tWhat of {Text(i)}?\t{Text(i + 9)}.\t{(i % 2 == 0 ? "entailment" : "not_entailment")}"
            ),
            "question",
            "sentence",
            "label"
        },
        {
            "qqp.tsv",
            "text-pair-classification",
            Rows(
                "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
                i => $"{i}\t{2 * i}\t{(2 * i) + 1}\tIs it so, {Text(i)}?\tIs it, {Text(i + 9)}?\t{i % 2}"
            ),
            "question1",
            "question2",
            "is_duplicate"
        },
        {
            "stsb.tsv",
            "regression",
            Rows(
                "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore",
                i => $"{i}\tmain-captions\tMSRvid\t2012test\t{i:0000}\tnone\tnone\t{Text(i)}.\t{Text(i + 9)}.\t{i % 11 / 2}.{i % 2 * 5}00"
            ),
            "sentence1",
            "sentence2",
            "score"
        },
        {
            "amazon_polarity.csv",
            "text-classification",
            Rows(null, i => $"\"{1 + (i % 2)}\",\"{s_things[i % 9]} for \"\"all\"\" of us\",\"{Text(i)}, and {Text(i + 9)}.\""),
            "column 3",
            null,
            "column 1"
        },
        {
            "ag_news.csv",
            "text-classification",
            Rows(
                "Class Index,Title,Description",
                i => $"{1 + (i % 4)},\"The {s_things[i % 9]} rises again\",\"{Text(i)}, and {Text(i + 9)}.\""
            ),
            "Description",
            null,
            "Class Index"
        },
        {
            "goemotions.tsv",
            "multi-label-classification",
            Rows(null, i => $"{Text(i)}\t{(i % 3 == 0 ? "2,5" : "27")}\tee{i:00000}"),
            "column 1",
            null,
            "column 2"
        },
        {
            "excel.csv",
            "text-classification",
            Rows(
                "\uFEFFBemerkung;Kategorie;Datum",
                i => $"\"{Text(i)}; sagte sie\";{(i % 2 == 0 ? "Essen" : "Zimmer")};0{1 + (i % 9)}.12.2025\r"
            ),
            "Bemerkung",
            null,
            "Kategorie"
        },
        {
            "SMSSpamCollection",
            "text-classification",
            Rows(null, i => $"{(i % 3 == 0 ? "spam" : "ham")}\t{Text(i)}..."),
            "column 2",
            null,
            "column 1"
        },
        {
            "sentiment140.csv",
            "text-classification",
            Rows(
                null,
                i => $"\"{i % 2 * 4}\",\"{1467810369 + i}\",\"Mon Apr 06 22:19:{i % 60:00} PDT 2009\",\"NO_QUERY\",\"u\","
                    + $"\"{Text(i)}, {Text(i + 9)}\""
            ),
            "column 6",
            null,
            "column 1"
        },
        {
            "snli.jsonl",
            "text-pair-classification",
            Rows(
                null,
                i => $"{{\"annotator_labels\": [\"neutral\"], \"captionID\": \"34.jpg#{i}\", "
                    + $"\"gold_label\": \"{(i % 2 == 0 ? "neutral" : "entailment")}\", "
                    + $"\"pairID\": \"{i}n\", \"sentence1\": \"{Text(i)}\", \"sentence2\": \"{Text(i + 9)}\"}}"
            ),
            "sentence1",
            "sentence2",
            "gold_label"
        },
        {
            "boolq.jsonl",
            "text-pair-classification",
            Rows(
                null,
                i => $"{{\"question\": \"is it {Text(i)}\", \"title\": \"Bread\", \"answer\": {(i % 2 == 0 ? "true" : "false")}, "
                    + $"\"passage\": \"{Text(i + 9)}. {Text(i)}\"}}"
            ),
            "question",
            "passage",
            "answer"
        },
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void ATableOfAPublicDataSetIsReadAsItsPageSays(string name, string task, string content, string text, string? pair, string label)
    {
        Interpretation read = TaskDataCheck.Run(new DataCheckOptions { Task = task, Train = Write(name, content) }).Files[0];
        Assert.Equal((text, pair, label, 45L), (read.Text, read.Pair, read.Label, read.Rows));
        Assert.Empty(read.LeftOut);
    }

    [Fact]
    public void ProdigysRecordsCountWhereTheyWereAccepted()
    {
        string Record(int i, string label) =>
            $"{{\"text\": \"{Text(i)}\", {label}, \"answer\": \"{(i % 9 == 8 ? "reject" : "accept")}\", \"_input_hash\": {i}}}";
        string choice = Rows(
            null,
            i => Record(
                i,
                $"\"options\": [{{\"id\": \"FOOD\"}}, {{\"id\": \"ROOM\"}}], \"accept\": [\"{(i % 2 == 0 ? "FOOD" : "ROOM")}\"]"
            )
        );
        string binary = Rows(null, i => Record(i, $"\"label\": \"{(i % 2 == 0 ? "FOOD" : "ROOM")}\""));
        foreach ((string content, string label) in ((string, string)[])[(choice, "accept"), (binary, "label")])
        {
            Interpretation read = LabelledTextReader.Read(Write("prodigy.jsonl", content)).Interpretation;
            Assert.Equal((label, 40L, 5), (read.Label, read.Rows, read.LeftOut.Count));
            Assert.Equal(["FOOD", "ROOM"], read.Labels.Keys.Order(StringComparer.Ordinal));
            Assert.Contains("reject", read.LeftOut[0].Problem, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("T1\tPER 0 7\tAnn Lee\nT2\tLOC 16 20\tBonn\n")]
    [InlineData("T1\tPER 0 3;4 7\tAnn Lee\n#1\tAnnotatorNotes T1\tsure\n")]
    public void BratsAnnotationsAreRefusedByName(string content) =>
        Assert.Contains(
            "brat",
            Assert
                .Throws<InputException>(() => TaskDataCheck.Run(new() { Task = "token-classification", Train = Write("a.ann", content) }))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void AFolderOfTextsIsRefusedWithWhatToDo()
    {
        Directory.CreateDirectory(PathOf("aclImdb/pos"));
        Write("aclImdb/pos/0_9.txt", "a fine film");
        Assert.Contains(
            "brought together as a table",
            Assert.Throws<InputException>(() => LabelledTextReader.Read(PathOf("aclImdb"))).Message,
            StringComparison.Ordinal
        );
    }

    private static string Text(int i) => $"the {s_things[i % 9]} {s_events[i / 9 % 5]} and the {s_things[(i + 4) % 9]} stayed";

    private static string Rows(string? header, Func<int, string> row) =>
        (header is null ? "" : header + "\n") + string.Concat(Enumerable.Range(0, 45).Select(i => row(i) + "\n"));
}
