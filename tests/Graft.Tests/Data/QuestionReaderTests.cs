using Graft.Data;

namespace Graft.Tests.Data;

public sealed class QuestionReaderTests : DataFolder
{
    [Fact]
    public void OffsetsAreConvertedFromCodePoints()
    {
        Question question = Assert.Single(
            QuestionReader
                .Read(
                    Write(
                        "a.json",
                        Squad("😀 Nairobi is large", """{"id":"1","question":"Where?","answers":[{"text":"Nairobi","answer_start":2}]}""")
                    )
                )
                .Questions
        );
        Assert.Equal(new Answer("Nairobi", 3), question.Answers[0]);
    }

    [Fact]
    public void WrongOffsetsAndMissingAnswersAreNamedNotUsed()
    {
        QuestionFile file = QuestionReader.Read(Write("a.json", Squad("Nairobi is large", """
            {"id":"ok","question":"Where?","answers":[{"text":"large","answer_start":11}]},
            {"id":"shifted","question":"Where?","answers":[{"text":"large","answer_start":10}]},
            {"id":"absent","question":"Where?","answers":[{"text":"small","answer_start":0}]},
            {"id":"far","question":"Where?","answers":[{"text":"large","answer_start":500}]},
            {"id":"none","question":"Where?","answers":[]},
            {"id":"impossible","question":"Where?","answers":[],"is_impossible":true},
            {"id":"ok","question":"Again?","answers":[{"text":"large","answer_start":11}]}
            """)));
        Assert.Equal(["ok", "impossible"], file.Questions.Select(question => question.Id));
        Assert.True(file.HasUnanswerable);
        Assert.Equal(
            [
                "question shifted: the answer \"large\" is not at answer_start 10; it first stands at 11",
                "question absent: the answer \"small\" is not at answer_start 0; the context does not hold it",
                "question far: the answer \"large\" is not at answer_start 500; it first stands at 11",
                "question none: no answer, and not marked is_impossible",
                "question ok: the id occurs twice",
            ],
            file.BadRows.Select(row => row.Problem));
        Assert.Equal(3, file.BadRows[1].Line);
    }

    [Fact]
    public void JsonLinesAreReadToo()
    {
        QuestionFile file = QuestionReader.Read(Write("a.jsonl", """
            {"id":"a","context":"x y","question":"q","answers":{"text":["y"],"answer_start":[2]}}
            {"id":"b","context":"x y","question":"q","answers":{"text":[],"answer_start":[]}}
            {"id":"c","question":"q"}
            """));
        Assert.Equal(["a", "b"], file.Questions.Select(question => question.Id));
        Assert.Equal(3, Assert.Single(file.BadRows).Line);
    }

    [Fact]
    public void OtherJsonIsRefused() =>
        Assert.Contains(
            "has no \"question\" column",
            Assert.Throws<InputException>(() => QuestionReader.Read(Write("a.json", "{\"rows\": []}"))).Message,
            StringComparison.Ordinal
        );

    [Theory]
    [InlineData("tasks/squad/train.json", false)]
    [InlineData("tasks/squad/test.json", false)]
    [InlineData("data/qa/squad-dev/dev-v1.1.rebuilt.json", false, 10570)]
    [InlineData("data/qa/squad-dev/dev-v2.0.rebuilt.json", true, 11873)]
    [InlineData("data/qa/xquad/xquad.en.json", false, 1190)]
    public void PublishedFilesAreSound(string path, bool unanswerable, int? count = null)
    {
        QuestionFile file = QuestionReader.Read(TestData.Shared(path.Split('/')));
        Assert.Empty(file.BadRows);
        Assert.Equal(unanswerable, file.HasUnanswerable);
        if (count is { } expected) Assert.Equal(expected, file.Questions.Count);
    }

    private static string Squad(string context, string questions) =>
        $"{{\"data\":[{{\"title\":\"t\",\"paragraphs\":[{{\"context\":\"{context}\",\"qas\":[{questions}]}}]}}]}}";
}
