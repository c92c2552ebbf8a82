using Graft.Data;
using Graft.Data.Checks;
using Graft.Data.Tagging;
using Graft.Tasks.TokenClassification;

namespace Graft.Tests.Data;

/// <summary>Tagged words and entities in the forms that corpora and annotation tools write, and questions and choices in theirs.</summary>
public sealed class TaggedFileTests : DataFolder
{
    [Fact]
    public void TheWholeFileSaysWhetherLinesAreTextsOrWords()
    {
        string words = string.Concat(Enumerable.Repeat("word\n", 25)), texts = string.Concat(Enumerable.Repeat("Ann sang in Bonn .\n", 60));
        Assert.Equal(85, TokenData.Stream(Write("a.dat", words + texts), new ColumnOptions(), _ => { }, _ => { }).Count());
        string tagged = string.Concat(Enumerable.Repeat("Ann B-PER\nsang O\n\n", 30));
        string comment = "# end of file\nsang O\n";
        Assert.Equal(31, TokenData.Stream(Write("b.dat", tagged + comment), new ColumnOptions(), _ => { }, _ => { }).Count());
    }

    [Fact]
    public void TheWholeFileSaysWhichColumnHoldsEntities()
    {
        string without = string.Concat(Enumerable.Repeat("Gulls NNS B-NP O\nsang VBD B-VP O\n\n", 3000));
        TokenFile file = TokenReader.Read(Write("a.conll", without + "Ann NNP B-NP B-PER\nsang VBD B-VP O\n\n"));
        Assert.Equal(("column 4", 1L), (file.Interpretation.Label, file.Interpretation.Labels["PER"]));
        Assert.Single(file.Interpretation.Labels);
    }

    [Fact]
    public void OneOddLineChangesNeitherColumnsNorSeparator()
    {
        string counted = string.Concat(Enumerable.Repeat("1\tAnn\tB-PER\n2\tsang\tO\n\n", 50));
        TokenFile file = TokenReader.Read(Write("a.tsv", "1-2\tAnn\tO\n\n" + counted));
        Assert.Equal(("column 2", "Ann"), (file.Interpretation.Text, file.Sequences[^1].Words[0]));
        string spaced = string.Concat(Enumerable.Repeat("Ann B-PER\nsang O\n\n", 50));
        TokenFile odd = TokenReader.Read(Write("b.conll", "Ann\tB-PER\n\n" + spaced));
        Assert.Equal((50, 1L), (odd.Sequences.Count, Assert.Single(odd.BadRows).Line));
    }

    [Fact]
    public void SpansAreAFormatThatCanBeNamed()
    {
        string path = Write("a.jsonl", "{\"text\": \"Ann sang\", \"spans\": [[0, 3, \"PER\"]]}\n");
        TokenColumnOptions named = new() { File = new ColumnOptions { Format = "spans" } };
        Interpretation read = TokenReader.Read(path, named).Interpretation;
        Assert.Equal(("spans", 1L), (read.Format, read.Labels["PER"]));
        string words = Write("b.jsonl", "{\"tokens\": [\"Ann\"], \"tags\": [\"B-PER\"]}\n");
        InputException error = Assert.Throws<InputException>(() => TokenReader.Read(words, named));
        Assert.Contains("no column of entities", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void EntitiesInBracketsAreRefused()
    {
        const string Row = "a 0 0 Ann NNP (TOP* - - - spk (PERSON) (1)\na 0 1 sang VBD *) - - - spk * -\n\n";
        string path = Write("a.conll", $"#begin document (a); part 000\n{Row}#end document\n");
        InputException error = Assert.Throws<InputException>(() => TokenReader.Read(path));
        Assert.Contains("entities stand in brackets", error.Message, StringComparison.Ordinal);
        Assert.Equal(["NNP", "VBD"], TokenReader.Read(path, new TokenColumnOptions { Tag = "5" }).Sequences[0].Tags);
    }

    [Theory]
    [InlineData(
        "a.conll",
        "# id 7f\tdomain=en\nAnn _ _ B-PER\nLee _ _ I-PER\nsang _ _ O\n\n# id 80\nin _ _ O\nBonn _ _ B-LOC\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.iob2",
        "# sent_id = 1\n# text = Ann sang\n1\tAnn\tB-PER\t-\tw1\n2\tLee\tI-PER\t-\tw1\n\n1\tin\tO\t-\tw2\n2\tBonn\tB-LOC\t-\tw2\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "germeval.tsv",
        "#\thttp://example.org\n1\tAnn\tB-PER\tO\n2\tLee\tI-PER\tO\n\n#\thttp://example.org\n1\tin\tO\tO\n2\tBonn\tB-LOC\tO\n",
        null
    )]
    [InlineData(
        "ontonotes.conll",
        "#begin document (a); part 000\nAnn NNP B-PER\nLee NNP I-PER\n\nin IN O\nBonn NNP B-LOC\n#end document\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.jsonl",
        "{\"text\": \"Ann Lee sang in Bonn.\", \"spans\": [{\"start\": 0, \"end\": 7, \"label\": \"PER\"}, {\"start\": 16, \"end\": "
            + "20, \"label\": \"LOC\"}], \"answer\": \"accept\"}\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.json",
        "[{\"id\": 1, \"data\": {\"text\": \"🎉 Ann Lee in Bonn\"}, \"annotations\": [{\"result\": [{\"type\": \"labels\", \"value\": "
            + "{\"start\": 3, \"end\": 10, \"text\": \"Ann Lee\", \"labels\": [\"PER\"]}}, {\"type\": \"labels\", \"value\": "
            + "{\"start\": 14, \"end\": 18, \"text\": \"Bonn\", \"labels\": [\"LOC\"]}}]}]}]",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.json",
        "[{\"text\": \"Ann Lee in Bonn\", \"label\": [{\"start\": 0, \"end\": 7, \"text\": \"Ann Lee\", \"labels\": [\"PER\"]}, "
            + "{\"start\": 11, \"end\": 15, \"text\": \"Bonn\", \"labels\": [\"LOC\"]}]}]",
        "PER:1 LOC:1"
    )]
    [InlineData("a.json", "[[\"Ann Lee in Bonn\", {\"entities\": [[0, 7, \"PER\"], [11, 15, \"LOC\"]]}]]", "PER:1 LOC:1")]
    [InlineData(
        "a.json",
        "{\"content\": \"Ann Lee in Bonn\", \"annotation\": [{\"label\": [\"PER\"], \"points\": [{\"start\": 0, \"end\": 6, \"text\": "
            + "\"Ann Lee\"}]}, {\"label\": [\"LOC\"], \"points\": [{\"start\": 11, \"end\": 14, \"text\": \"Bonn\"}]}]}\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.jsonl",
        "{\"text\": \"Ann Lee in Bonn\", \"entities\": [{\"id\": 1, \"label\": \"PER\", \"start_offset\": 0, \"end_offset\": 7}, "
            + "{\"id\": 2, \"label\": \"LOC\", \"start_offset\": 11, \"end_offset\": 15}], \"relations\": []}\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.jsonl",
        "{\"tokenized_text\": [\"Ann\", \"Lee\", \"in\", \"Bonn\"], \"ner\": [[0, 1, \"PER\"], [3, 3, \"LOC\"]]}\n",
        "PER:1 LOC:1"
    )]
    [InlineData(
        "a.csv",
        "Sentence #,Word,POS,Tag\nSentence: 1,Ann,NNP,B-per\n,Lee,NNP,I-per\nSentence: 2,in,IN,O\n,Bonn,NNP,B-geo\n",
        "per:1 geo:1"
    )]
    [InlineData(
        "a.csv",
        "tokens,ner_tags\n\"['Ann', 'Lee', 'sang']\",\"['B-PER', 'I-PER', 'O']\"\n\"['in', 'Bonn']\",\"['O', 'B-LOC']\"\n",
        "PER:1 LOC:1"
    )]
    public void EntitiesAreFoundInEveryForm(string name, string content, string? labels)
    {
        if (labels is null) content = content.Replace("#\t", "# ", StringComparison.Ordinal);
        DataReport report = TaskDataCheck.Run(new DataCheckOptions { Task = "token-classification", Train = Write(name, content) });
        Assert.Equal(labels ?? "PER:1 LOC:1", string.Join(' ', report.Files[0].Labels.Select(label => $"{label.Key}:{label.Value}")));
        Assert.Equal("IOB2", report.Files[0].Scheme);
        Assert.Empty(report.Files[0].LeftOut);
        Assert.DoesNotContain(report.Findings, finding => finding.Severity == Severity.Error);
    }

    [Theory]
    [InlineData("[[0, 7, \"PER\"], [4, 15, \"LOC\"]]", "overlap")]
    [InlineData("[[0, 70, \"PER\"]]", "does not stand in the text")]
    [InlineData("[[7, 8, \"PER\"]]", "does not stand in the text")]
    [InlineData("[{\"start\": 0, \"end\": 3, \"text\": \"Bob\", \"label\": \"PER\"}]", "(\"Bob\") does not stand")]
    public void EntitiesThatCannotBePlacedAreNamed(string spans, string problem)
    {
        TokenFile file = TokenReader.Read(
            Write(
                "a.jsonl",
                $"{{\"text\": \"Ann Lee in Bonn\", \"label\": [[0, 7, \"PER\"]]}}\n{{\"text\": \"Ann Lee in Bonn\", \"label\": {spans}}}\n"
            )
        );
        Assert.Contains(problem, Assert.Single(file.BadRows).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void AnEntityInsideAWordCutsIt()
    {
        TokenSequence sentence = Assert.Single(
            TokenReader.Read(Write("a.jsonl", "{\"text\": \"overBerlin\", \"label\": [[4, 10, \"LOC\"]]}\n")).Sequences
        );
        Assert.Equal(["over", "Berlin"], sentence.Words);
        Assert.Equal(["O", "B-LOC"], sentence.Tags);
        Assert.Equal("overBerlin", sentence.Layout().Text);
    }

    [Fact]
    public void InAWritingWithoutSpacesEveryCharacterHasATag()
    {
        TokenSequence sentence = Assert.Single(
            TokenReader.Read(Write("a.jsonl", "{\"text\": \"北京大学在北京\", \"label\": [[0, 4, \"ORG\"], [5, 7, \"LOC\"]]}\n")).Sequences
        );
        Assert.Equal(["北", "京", "大", "学", "在", "北", "京"], sentence.Words);
        Assert.Equal(["B-ORG", "I-ORG", "I-ORG", "I-ORG", "O", "B-LOC", "I-LOC"], sentence.Tags);
        Assert.Equal("北京大学在北京", sentence.Layout().Text);
    }

    [Fact]
    public void NumbersOfTagsNeedNames()
    {
        string path = Write("a.jsonl", "{\"tokens\": [\"Ann\", \"sang\"], \"ner_tags\": [1, 0]}\n");
        Assert.Contains("`label-names`", Assert.Throws<InputException>(() => TokenReader.Read(path)).Message, StringComparison.Ordinal);
        TokenFile file = TokenReader.Read(path, new TokenColumnOptions { File = new ColumnOptions { LabelNames = ["O", "B-PER"] } });
        Assert.Equal(["B-PER", "O"], file.Sequences[0].Tags);
    }

    [Fact]
    public void AnOddTagIsNamedAndTheOthersStayWhatTheyAre()
    {
        string rows = string.Concat(Enumerable.Range(0, 20).Select(i => $"Ann{i}\tB-PER\nsang\tO\n\n"));
        DataReport report = TaskDataCheck.Run(
            new DataCheckOptions
            {
                Task = "token-classification",
                Train = Write("a.conll", rows + "# a note of three words\nLee\tB-PER\nlaughed\to\n"),
            }
        );
        Assert.Equal(63, Assert.Single(report.Findings.Single(finding => finding.Code == "invalid-tags").Places).Line);
        Assert.Equal(("IOB2", 21L), (report.Files[0].Scheme, report.Files[0].Labels["PER"]));
    }

    [Fact]
    public void ASignAmongWordsIsAWordAndBeforeASentenceAComment()
    {
        TokenFile file = TokenReader.Read(Write("a.conll", "# 1 O\nsee O\n# O\n7 O\nAnn B-PER\n"));
        Assert.Equal(["see", "#", "7", "Ann"], Assert.Single(file.Sequences).Words);
    }

    [Fact]
    public void TheOtherFileIsReadInTheSchemeOfTraining()
    {
        string train = Write("train.conll", "Ann I-PER\nLee B-PER\nsang O\n\nBonn I-LOC\n\nRome I-LOC\n");
        string dev = Write("dev.conll", "Ann I-PER\nLee I-PER\n");
        DataReport report = TaskDataCheck.Run(new DataCheckOptions { Task = "token-classification", Train = train, Evaluation = dev });
        Assert.Equal(["IOB1", "IOB1"], report.Files.Select(file => file.Scheme));
    }

    [Theory]
    [InlineData(
        "a.json",
        "[{\"id\": \"1\", \"question\": \"Where?\", \"context\": \"Rome is old\", \"answers\": {\"text\": [\"Rome\"], "
            + "\"answer_start\": [0]}}]",
        "json"
    )]
    [InlineData(
        "a.jsonl",
        "{\"id\": \"1\", \"question\": \"Where?\", \"context\": \"Rome is old\", \"answers\": [{\"text\": \"Rome\", \"answer_start\": "
            + "0}]}\n",
        "json-lines"
    )]
    [InlineData(
        "a.txt",
        "{\"data\": [{\"id\": \"1\", \"question\": \"Where?\", \"context\": \"Rome is old\", \"answers\": {\"text\": [\"Rome\"], "
            + "\"answer_start\": [0]}}]}",
        "json"
    )]
    [InlineData(
        "a.json",
        "[{\"title\": \"t\", \"paragraphs\": [{\"context\": \"Rome is old\", \"qas\": [{\"id\": \"1\", \"question\": \"Where?\", "
            + "\"answers\": [{\"text\": \"Rome\", \"answer_start\": 0}]}]}]}]",
        "squad"
    )]
    [InlineData(
        "a.jsonl",
        "{\"header\": {\"dataset\": \"x\"}}\n{\"context\": \"Rome is old\", \"qas\": [{\"qid\": \"1\", \"question\": \"Where?\", "
            + "\"detected_answers\": [{\"text\": \"Rome\", \"char_spans\": [[0, 3]]}]}]}\n",
        "squad"
    )]
    [InlineData(
        "a.csv",
        "id,question,context,answers\n1,Where?,Rome is old,\"{'text': array(['Rome'], dtype=object), 'answer_start': array([0])}\"\n",
        "csv"
    )]
    [InlineData("a.csv", "question,context,answer\nWhere?,Rome is old,Rome\n", "csv")]
    public void QuestionsAreReadFlatAndNestedByAnyName(string name, string content, string format)
    {
        QuestionFile file = QuestionReader.Read(Write(name, content));
        Assert.Empty(file.BadRows);
        Assert.Equal((format, new Answer("Rome", 0)), (file.Interpretation.Format, Assert.Single(file.Questions).Answers[0]));
    }

    [Fact]
    public void ChoicesCountAsTheyDoInTraining()
    {
        string train = Write(
            "train.jsonl",
            "{\"question\": \"q\", \"choices\": [\"x\", \"y\", \"z\"], \"label\": 3}\n{\"question\": \"r\", \"choices\": [\"x\", "
                + "\"y\", \"z\"], \"label\": 1}\n"
        );
        string dev = Write("dev.csv", "question,choice1,choice2,choice3,label\ns,x,y,z,2\nt,x,y,z,0\n");
        Interpretation read = MultipleChoiceReader.Read(train).Interpretation;
        MultipleChoiceFile file = MultipleChoiceReader.Read(dev, options: new ColumnOptions { Trained = read });
        Assert.Equal((1, 1), (read.CountsFrom, Assert.Single(file.Examples).Label));
        Assert.Equal(
            (3L, "the label \"0\" is none of the 3 choices, which count from 1"),
            (Assert.Single(file.BadRows).Line, file.BadRows[0].Problem)
        );
        string arc = Write(
            "arc.jsonl",
            "{\"question\": \"q\", \"choices\": {\"text\": [\"x\", \"y\"], \"label\": [\"1\", \"2\"]}, \"answerKey\": \"2\"}\n"
        );
        Assert.Equal(1, Assert.Single(MultipleChoiceReader.Read(arc).Examples).Label);
    }
}
