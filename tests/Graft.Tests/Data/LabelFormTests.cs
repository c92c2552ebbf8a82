using Graft.Data;
using Graft.Data.Checks;

namespace Graft.Tests.Data;

/// <summary>What stands in columns of labels, judged over the whole column.</summary>
public sealed class LabelFormTests : DataFolder
{
    [Theory]
    [InlineData("a;b;c;d", "[1.0, 0.0, 0.0, 1.0]|[0.0, 0.0, 0.0, 0.0]", "a d|")]
    [InlineData("a;b", "[true, false]|[false, true]", "a|b")]
    [InlineData("a;b;c", "[1 0 1]|[0 1 0]", "a c|b")]
    [InlineData("x;y;z", "[0, 2]|[1]", "x z|y")]
    [InlineData("", "[\"p\", \"q\"]|[]", "p q|")]
    [InlineData("", "['p q', \"r's\"]|['p q']", "p q,r's|p q")]
    [InlineData("", "{\"p\": 1, \"q\": 0, \"r\": true}|{\"p\": 0.0, \"q\": 0, \"r\": 0}", "p r|")]
    [InlineData("", "{'p': True, 'q': False}|{'p': False, 'q': True}", "p|q")]
    public void SeveralLabelsInACell(string names, string cells, string expected)
    {
        ColumnOptions options = new() { MultiLabel = true, LabelNames = names.Length == 0 ? [] : names.Split(';') };
        string[] lines = [.. cells.Split('|').Select((cell, i) => $"text {i},\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"")];
        LabelledTextFile file = LabelledTextReader.Read(Write("a.csv", "text,labels\n" + string.Join('\n', lines)), options);
        Assert.Equal(
            expected,
            string.Join('|', file.Rows.Select(row => string.Join(expected.Contains(',', StringComparison.Ordinal) ? ',' : ' ', row.Labels)))
        );
    }

    [Theory]
    [InlineData("Rock; pop|Jazz", "Rock; pop/Jazz", "|")]
    [InlineData("Food, drink;Service", "Food, drink/Service", ";")]
    [InlineData("a, b", "a/b", ",")]
    public void OneSeparatorAFile(string cell, string labels, string separator)
    {
        LabelledTextFile file = LabelledTextReader.Read(
            Write("a.tsv", $"text\tlabels\nt\t{cell}\nu\tJazz\n"),
            new ColumnOptions { MultiLabel = true }
        );
        Assert.Equal((labels, separator), (string.Join('/', file.Rows[0].Labels), file.Interpretation.LabelSeparator));
        Assert.Equal(
            "a#b",
            string.Join(
                '#',
                LabelledTextReader
                    .Read(Write("b.tsv", "text\tlabels\nt\ta / b\n"), new ColumnOptions { MultiLabel = true, LabelSeparator = "/" })
                    .Rows[0]
                    .Labels
            )
        );
    }

    [Fact]
    public void ColumnsOfFlagsAreLabelsOnlyByName()
    {
        string path = Write("a.tsv", "text\tverified\tspam\trude\nt\tTrue\t1\t0.0\nu\tFalse\t0\t1.0\nv\tTrue\t\t1\n");
        LabelledTextFile file = LabelledTextReader.Read(path, new ColumnOptions { MultiLabel = true, LabelColumns = ["spam", "rude"] });
        Assert.Equal(["spam", "rude"], file.Rows.Select(row => string.Join(' ', row.Labels)));
        Assert.Equal((4L, true), (Assert.Single(file.BadRows).Line, file.BadRows[0].LacksLabel));
        Assert.Contains(
            "`label-columns` verified,spam,rude",
            Assert.Throws<InputException>(() => LabelledTextReader.Read(path, new ColumnOptions { MultiLabel = true })).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("NA")]
    [InlineData("null")]
    [InlineData("None")]
    [InlineData("<NA>")]
    [InlineData("[]")]
    public void WhatProgramsWriteForNothingIsNoClass(string cell)
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.tsv", $"text\tlabel\na\tx\nb\t{cell}\nc\ty\n"));
        Assert.Equal((2, 3L), (file.Rows.Count, Assert.Single(file.BadRows).Line));
    }

    [Fact]
    public void AMissingKeyAndNaNOfJsonAreNoClass()
    {
        LabelledTextFile file = LabelledTextReader.Read(
            Write(
                "a.jsonl",
                "{\"text\": \"a\", \"label\": 1.0}\n{\"text\": \"b\", \"label\": NaN}\n{\"text\": \"c\"}\n{\"text\": \"d NaN\", "
                    + "\"label\": 0}\n{\"text\": \"e\", \"label\": -1}\n{\"text\": \"f\", \"label\": 2}\n"
            )
        );
        Assert.Equal([("a", "1"), ("d NaN", "0"), ("f", "2")], file.Rows.Select(row => (row.Text, row.Label!)));
        Assert.Equal([2L, 3L, 5L], file.BadRows.Select(row => row.Line));
    }

    [Fact]
    public void MinusOneIsAClassWhereTheFileHasNoOther()
    {
        LabelledTextFile file = LabelledTextReader.Read(Write("a.tsv", "text\tlabel\na\t-1\nb\t1\nc\t-1\n"));
        Assert.Equal(["-1", "1", "-1"], file.Rows.Select(row => row.Label));
    }

    [Theory]
    [InlineData("-2,-1,0,1,2", "-2,-1,0,1,2", null)]
    [InlineData("0,1,2,-1", "0,1,2", "-1")]
    [InlineData("1.0,3.0,5.0,-1.0", "1,3,5", "-1")]
    public void MinusOneIsMissingAmongClassesThatAreNumberedFromZeroOn(string cells, string labels, string? missing)
    {
        string path = Write("a.tsv", $"text\tlabel\n{string.Concat(cells.Split(',').Select((cell, i) => $"text {i}\t{cell}\n"))}");
        LabelledTextFile file = LabelledTextReader.Read(path);
        Assert.Equal(labels.Split(','), file.Rows.Select(row => row.Label));
        Assert.All(file.BadRows, row => Assert.Contains("`missing-label` none", row.Problem, StringComparison.Ordinal));
        Assert.Equal(missing, Interpretation.FromRecord(file.Interpretation.ToRecord(), path)!.MissingLabel);
        // A later file is read as training was, also where its own labels would leave it open.
        string later = Write("b.tsv", "text\tlabel\na\t-1\nb\t0\nc\t1\n");
        if (missing is not null)
            Assert.Equal(["0", "1"], LabelledTextReader.Read(later, new() { Trained = file.Interpretation }).Rows.Select(row => row.Label));
    }

    [Theory]
    [InlineData("none", "-1,0,1,1")]
    [InlineData("-1", "0,1,1")]
    public void MinusOneBesideZeroAndOneIsAQuestion(string answer, string labels)
    {
        string path = Write("a.tsv", "text\tlabel\na\t-1\nb\t0\nc\t1\nd\t1\n");
        string question = Assert.Throws<InputException>(() => LabelledTextReader.Read(path)).Message;
        Assert.Contains("`missing-label` none or `missing-label` -1", question, StringComparison.Ordinal);
        LabelledTextFile file = LabelledTextReader.Read(path, new ColumnOptions { MissingLabel = answer });
        Assert.Equal(labels.Split(','), file.Rows.Select(row => row.Label));
        Assert.Equal(answer, Interpretation.FromRecord(file.Interpretation.ToRecord(), path)!.MissingLabel);
        // What training understood is used again.
        Assert.Equal(file.Rows.Count, LabelledTextReader.Read(path, new ColumnOptions { Trained = file.Interpretation }).Rows.Count);
    }

    [Fact]
    public void CountryCodesKeepNamibiaWhereTheUserSaysNone()
    {
        string path = Write("a.tsv", "text\tlabel\na\tNA\nb\tDE\nc\t\nd\t?\n");
        Assert.Equal(["DE", "?"], LabelledTextReader.Read(path).Rows.Select(row => row.Label));
        Assert.Equal(
            ["NA", "DE", "?"],
            LabelledTextReader.Read(path, new ColumnOptions { MissingLabel = ColumnOptions.NoMissingLabel }).Rows.Select(row => row.Label)
        );
        Assert.Equal(["DE"], LabelledTextReader.Read(path, new ColumnOptions { MissingLabel = "?" }).Rows.Select(row => row.Label));
    }

    [Fact]
    public void AHyphenIsNoGoldLabelAndElsewhereAClass()
    {
        Assert.Equal(2, LabelledTextReader.Read(Write("a.tsv", "premise\thypothesis\tlabel\na\tb\tx\nc\td\t-\ne\tf\ty\n")).Rows.Count);
        Assert.Equal(3, LabelledTextReader.Read(Write("b.tsv", "text\tlabel\na\t+\nc\t-\ne\t+\n")).Rows.Count);
    }

    [Fact]
    public void NamesOfNumberedClassesComeFromTheFlagOrTheFile()
    {
        string path = Write("a.tsv", "text\tlabel\na\t0\nb\t1.0\nc\t-1\n");
        LabelledTextFile file = LabelledTextReader.Read(path, new ColumnOptions { LabelNames = ["bad", "good"] });
        Assert.Equal(["bad", "good"], file.Rows.Select(row => row.Label));
        Assert.Single(file.BadRows);
        Assert.Contains(
            "the class 1",
            Assert.Throws<InputException>(() => LabelledTextReader.Read(path, new ColumnOptions { LabelNames = ["only"] })).Message,
            StringComparison.Ordinal
        );
        string server = Write(
            "rows.json",
            "{\"features\": [{\"feature_idx\": 0, \"name\": \"label\", \"type\": {\"names\": [\"no\", \"yes\"], \"_type\": "
                + "\"ClassLabel\"}}], \"rows\": [{\"row_idx\": 0, \"row\": {\"text\": \"a\", \"label\": 1}}, {\"row_idx\": 1, \"row\": "
                + "{\"text\": \"b\", \"label\": 0}}]}"
        );
        Assert.Equal(["yes", "no"], LabelledTextReader.Read(server).Rows.Select(row => row.Label));
    }

    [Fact]
    public void ScoresMayHaveDecimalCommas()
    {
        LabelledTextFile file = LabelledTextReader.Read(
            Write("a.csv", "Text;Score\na b;1,5\nc d;2\n"),
            new ColumnOptions { Answer = AnswerKind.Number }
        );
        Assert.Equal(["1.5", "2"], file.Rows.Select(row => row.Label));
    }

    [Fact]
    public void TwoLabelsOfATaskOfOneAreRefusedWithTheTaskThatTakesThem() =>
        Assert.Contains(
            "line 3: 2 labels in column \"label\"",
            Assert
                .Throws<InputException>(() =>
                    LabelledTextReader.Read(
                        Write(
                            "a.jsonl",
                            "{\"text\": \"a\", \"label\": [\"x\"]}\n{\"text\": \"c\", \"label\": [\"y\"]}\n{\"text\": \"b\", "
                                + "\"label\": [\"x\", \"y\"]}\n"
                        )
                    )
                )
                .Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("[{\"text\": \"a\", \"label\": \"x\"},\n {\"text\": \"b\", \"label\": \"y\"}]", "json", "1 2")]
    [InlineData(
        "{\"version\": 1, \"records\": [\n{\"text\": \"a\", \"label\": \"x\"},\n{\"text\": \"b\", \"label\": \"y\"}]}",
        "json",
        "2 3"
    )]
    [InlineData("{\n \"text\": \"a\",\n \"label\": \"x\"\n}\n{\n \"text\": \"b\",\n \"label\": \"y\"\n}\n", "json", "1 5")]
    [InlineData("{\"text\": {\"0\": \"a\", \"1\": \"b\"}, \"label\": {\"0\": \"x\", \"1\": \"y\"}}", "json", "1 2")]
    [InlineData("{\"0\": {\"text\": \"a\", \"label\": \"x\"}, \"1\": {\"text\": \"b\", \"label\": \"y\"}}", "json", "1 2")]
    [InlineData("{\"text\": [\"a\", \"b\"], \"label\": [\"x\", \"y\"]}", "json", "1 2")]
    [InlineData("{\"columns\": [\"text\", \"label\"], \"index\": [0, 1], \"data\": [[\"a\", \"x\"], [\"b\", \"y\"]]}", "json", "1 2")]
    [InlineData(
        "[{\"id\": 1, \"data\": {\"text\": \"a\"}, \"annotations\": [{\"result\": [{\"value\": {\"choices\": [\"x\"]}}]}]},\n{\"id\": "
            + "2, \"data\": {\"text\": \"b\"}, \"annotations\": [{\"result\": [{\"value\": {\"choices\": [\"y\"]}}]}]}]",
        "json",
        "1 2"
    )]
    [InlineData("[[\"a\", {\"cats\": {\"x\": 1, \"y\": 0}}],\n[\"b\", {\"cats\": {\"x\": 0, \"y\": 1}}]]", "json", "1 2")]
    [InlineData("{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"y\"}\n", "json-lines", "1 2")]
    public void JsonIsReadInEveryShapeOfRecords(string content, string format, string lines)
    {
        foreach (string name in (string[])["a.json", "data.txt", "a.jsonl"])
        {
            if (name == "a.jsonl" && content.Contains("\n \"", StringComparison.Ordinal)) continue;
            LabelledTextFile file = LabelledTextReader.Read(Write(name, content));
            Assert.Equal([("a", "x"), ("b", "y")], file.Rows.Select(row => (row.Text, row.Label!)));
            Assert.Equal((format, lines), (file.Interpretation.Format, string.Join(' ', file.Rows.Select(row => row.Line))));
        }
    }

    [Theory]
    [InlineData("[{\"text\": \"a\",\n \"label\": }]", "line 2")]
    [InlineData("[{\"text\": \"a\"},\n{\"text\": \"b\"", "line 2")]
    [InlineData("[note] this is no JSON\nand no text either\n", "line 1")]
    public void WhatBeginsLikeJsonIsReadAsNothingElse(string content, string where) =>
        Assert.Contains(
            where,
            Assert
                .Throws<InputException>(() => LabelledTextReader.Read(Write("a.txt", content), new ColumnOptions { RequireLabel = false }))
                .Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void FastTextMarksStandBeforeOrBehindTheText()
    {
        LabelledTextFile file = LabelledTextReader.Read(
            Write("train.csv", "__label__a __label__b one two\nthree four __label__a\nfive\n"),
            new ColumnOptions { MultiLabel = true }
        );
        Assert.Equal([("one two", "a b"), ("three four", "a")], file.Rows.Select(row => (row.Text, string.Join(' ', row.Labels))));
        Assert.Equal(("fasttext", 3L), (file.Interpretation.Format, Assert.Single(file.BadRows).Line));
    }

    [Fact]
    public void TheWholeFileSaysWhetherItIsFastText()
    {
        string unmarked = string.Concat(Enumerable.Range(0, 300).Select(i => $"text {i} without a mark\n"));
        string marked = string.Concat(Enumerable.Range(0, 400).Select(i => $"__label__{"ab"[i % 2]} text {i}, marked\n"));
        Assert.Equal("fasttext", FormatOf($"__label__a first\n{unmarked}{marked}"));
        Assert.NotEqual("fasttext", FormatOf($"{marked}{unmarked}{unmarked}"));

        string FormatOf(string content) =>
            LabelledTextReader.Read(Write("train.txt", content), new ColumnOptions { RequireLabel = false }).Interpretation.Format;
    }

    [Fact]
    public void AKeyThatStandsInTheLastLineAloneIsAColumn()
    {
        string unlabelled = string.Concat(Enumerable.Range(0, 3000).Select(i => $"{{\"text\": \"text {i} of many\", \"note\": \"x\"}}\n"));
        string labelled = "{\"text\": \"good\", \"label\": \"a\"}\n{\"text\": \"bad\", \"label\": \"b\"}\n";
        LabelledTextFile file = LabelledTextReader.Read(Write("late.jsonl", unlabelled + labelled));
        Assert.Equal(("label", 2, 3000), (file.Interpretation.Label, file.Rows.Count, file.BadRows.Count));
    }

    [Fact]
    public void ARoundTripKeepsEveryReading()
    {
        Interpretation read = LabelledTextReader
            .Read(Write("a.tsv", "text\tlabels\nt\ta|b\nu\tb\n"), new ColumnOptions { MultiLabel = true })
            .Interpretation;
        Interpretation back = Interpretation.FromRecord(read.ToRecord(), read.Path)!;
        Assert.Equal(
            (read.Format, read.Delimiter, read.Header, read.LabelSeparator, read.Rows),
            (back.Format, back.Delimiter, back.Header, back.LabelSeparator, back.Rows)
        );
        Assert.Null(Interpretation.FromRecord(null, "x"));
    }
}
