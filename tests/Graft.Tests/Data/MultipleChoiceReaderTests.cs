using Graft.Data;

namespace Graft.Tests.Data;

public sealed class MultipleChoiceReaderTests : DataFolder
{
    [Theory]
    [InlineData(
        "a.jsonl",
        "{\"question\":\"2+2?\",\"choices\":[\"3\",\"4\"],\"label\":1}\n{\"question\":\"1+1?\",\"choices\":[\"2\",\"3\"],\"label\":0}\n",
        "1 0"
    )]
    [InlineData("a.jsonl", "{\"question\":\"q\",\"choices\":[\"x\",\"y\"],\"answerKey\":\"B\"}\n", "1")]
    [InlineData("a.jsonl", "{\"question\":\"q\",\"options\":[\"x\",\"y\"],\"answer\":\"y\"}\n", "1")]
    [InlineData("a.csv", "sent1,sent2,ending0,ending1,ending2,label\nA man,he,runs,sits,eats,2\nA dog,it,runs,sits,eats,0\n", "2 0")]
    [InlineData("a.csv", "question,choice1,choice2,label\nq,x,y,1\nr,x,y,2\n", "0 1")]
    public void FormsOfChoicesAndLabels(string name, string content, string labels)
    {
        MultipleChoiceFile file = MultipleChoiceReader.Read(Write(name, content));
        Assert.Empty(file.BadRows);
        Assert.Equal(labels, string.Join(' ', file.Examples.Select(example => example.Label)));
    }

    [Fact]
    public void BadExamplesAreNamed()
    {
        MultipleChoiceFile file = MultipleChoiceReader.Read(
            Write(
                "a.jsonl",
                "{\"question\":\"q\",\"choices\":[\"x\",\"y\"],\"label\":0}\n"
                + "{\"question\":\"q\",\"choices\":[\"x\"],\"label\":0}\n{\"question\":\"q\",\"choices\":[\"x\",\"y\"],\"label\":7}\n"
            )
        );
        Assert.Equal([2L, 3L], file.BadRows.Select(row => row.Line));
        Assert.Single(file.Examples);
    }
}
