namespace Graft.Tokenizers.Tests;

public sealed class FileOptionsTests
{
    private const string Json = """
        {"truncation":{"direction":"Left","max_length":3,"strategy":"OnlyFirst","stride":1},
         "padding":{"strategy":{"Fixed":6},"direction":"Left","pad_to_multiple_of":4,"pad_id":1,"pad_type_id":0,"pad_token":"[PAD]"},
         "model":{"type":"WordLevel","vocab":{"[UNK]":0,"[PAD]":1,"a":2,"b":3},"unk_token":"[UNK]"},
         "pre_tokenizer":{"type":"WhitespaceSplit"}}
        """;

    [Fact]
    public void TruncationAndPaddingOfAFileAreReportedAndAppliedOnlyOnRequest()
    {
        Tokenizer tokenizer = Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(Json));
        Assert.Equal([2, 3, 2, 3], tokenizer.Encode("a b a b").Ids);
        TokenizedText asked = tokenizer.Encode("a b a b", options: tokenizer.FileOptions);
        Assert.Equal([1, 1, 1, 1, 1, 3, 2, 3], asked.Ids);
        Assert.Equal([1, 1, 1, 1, 1, 1, 2, 3], Assert.Single(asked.Overflow).Ids);
    }

    [Fact]
    public void TheyAreWrittenAsTheyWereRead()
    {
        using MemoryStream stream = new();
        Tokenizer tokenizer = Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(Json));
        Graft.Tokenizers.Json.TokenizerJson.Write(((Pipeline.PipelineCore)tokenizer.Core).Parts, stream);
        Assert.Equal(tokenizer.FileOptions, Tokenizer.FromJson(stream.ToArray()).FileOptions);
    }
}
