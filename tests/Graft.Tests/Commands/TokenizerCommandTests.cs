using System.Text.Json;
using Graft.Cli;

namespace Graft.Tests.Commands;

/// <summary>The contract of <c>graft tokenizer</c>: flags, files, records, exit codes.</summary>
public sealed class TokenizerCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task TrainsThenEncodesAndDecodes()
    {
        string tokenizer = await Train();
        string[] answers = await Run("encode", ["hug bug", "hugs"], "--tokenizer", tokenizer);
        Assert.Equal(["[CLS]", "hug", "bug", "[SEP]"], Strings(answers[0], "tokens"));
        Assert.Equal("[[0,0],[0,3],[4,7],[0,0]]", Json(answers[0]).GetProperty("offsets").GetRawText());
        Assert.Equal("[null,0,1,null]", Json(answers[0]).GetProperty("word_ids").GetRawText());
        string ids = Json(answers[0]).GetProperty("ids").GetRawText();
        Assert.Equal(["hug bug"], await Run("decode", [ids], "--tokenizer", tokenizer));
        string decoded = (await Run("decode", [$$"""{"id":7,"ids":{{ids}}}"""], "--tokenizer", tokenizer, "--jsonl"))[0];
        Assert.Equal(7, Json(decoded).GetProperty("id").GetInt32());
        Assert.Equal("[CLS] hug bug [SEP]", Json(decoded).GetProperty("decoded").GetString());
        Assert.Equal("hug bug", Json(decoded).GetProperty("decoded_skip_special").GetString());
    }

    [Fact]
    public async Task ARefusedRecordIsAnsweredAndTheStreamGoesOn()
    {
        string[] answers = await Run(
            "encode",
            [
                """{"id":"a","text":"hug","options":{"add_special_tokens":false}}""",
                """{"id":"b","text":5}""",
                "{broken",
                """{"id":"c","text":"hug","options":{"colour":"red"}}""",
                """{"id":"d","text":["hug","bugs"],"options":{"is_split_into_words":true}}""",
                """{"id":"e","texts":["hug","hug bug"],"options":{"padding":"longest","pad_token":"[PAD]"}}""",
                """{"id":"f","text":"hug","pair":"bug hug","options":{"max_length":4,"stride":"""
                    + """0,"strategy":"only_first","direction":"right"}}""",
                """{"text":"hug \ud800"}""",
            ],
            "--tokenizer",
            await Train(),
            "--jsonl");
        Assert.Equal(8, answers.Length);
        Assert.Equal(["hug"], Strings(answers[0], "tokens"));
        Assert.Contains("\"text\"", Json(answers[1]).GetProperty("error").GetString());
        Assert.Contains("JSON", Json(answers[2]).GetProperty("error").GetString());
        Assert.Contains("colour", Json(answers[3]).GetProperty("error").GetString());
        Assert.Equal("c", Json(answers[3]).GetProperty("id").GetString());
        Assert.Equal(["[CLS]", "hug", "bug", "##s", "[SEP]"], Strings(answers[4], "tokens"));
        Assert.Equal(
            [3, 4],
            new[] { "attention_mask", "ids" }.Select(
                (name, i) => Json(answers[5]).GetProperty(name)[i].EnumerateArray().Count(n => n.GetInt32() > 0)
            )
        );
        Assert.True(Json(answers[6]).TryGetProperty("error", out _));
        Assert.False(Json(answers[7]).TryGetProperty("error", out _));
    }

    [Fact]
    public async Task GoldenRecordsGetTheGoldenAnswers()
    {
        string golden = TestData.Shared("tokens", "spm.keras-hub-toy-spm.albert_test_vocab.jsonl.gz");
        using StreamReader reader = new(
            new System.IO.Compression.GZipStream(File.OpenRead(golden), System.IO.Compression.CompressionMode.Decompress)
        );
        string[] records = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] answers = await Run(
            "encode",
            records,
            "--tokenizer",
            TestData.Shared("vocab", "keras-hub-toy-spm", "albert_test_vocab.spm"),
            "--jsonl"
        );
        Assert.Equal(records.Length, answers.Length);
        foreach ((string record, string answer) in records.Zip(answers))
        {
            foreach (JsonProperty expected in Json(record).EnumerateObject().Where(p => p.Name is not ("kind" or "text" or "options")))
            {
                Assert.True(
                    JsonElement.DeepEquals(expected.Value, Json(answer).GetProperty(expected.Name)),
                    $"{expected.Name} of {record}"
                );
            }
        }
    }

    [Fact]
    public async Task BadInputIsExitCodeTwo()
    {
        string input = Path.Combine(_folder, "in.txt"), output = Path.Combine(_folder, "out.txt");
        File.WriteAllText(input, "no tab here\n");
        string tokenizer = await Train();
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync([
                "tokenizer",
                "encode",
                "--tokenizer",
                tokenizer,
                "--input",
                input,
                "--output",
                output,
                "--pairs",
            ])
        );
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync(["tokenizer", "encode", "--tokenizer", tokenizer, "--input", "nowhere", "--output", output])
        );
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync(["tokenizer", "encode", "--tokenizer", "nowhere", "--input", input, "--output", output])
        );
        Assert.Equal(
            2,
            await GraftCommandLine.RunAsync(["tokenizer", "decode", "--tokenizer", tokenizer, "--input", input, "--output", output])
        );
        Assert.Equal(2, await GraftCommandLine.RunAsync(["tokenizer", "train", "--type", "morse", "--input", input, "--output", output]));
        Assert.Empty(Directory.GetFiles(_folder, "out*"));
    }

    private async Task<string> Train()
    {
        string text = Path.Combine(_folder, "text.txt"), tokenizer = Path.Combine(_folder, "tokenizer");
        File.WriteAllText(text, "hug hug bug\nhug bugs bug\n");
        Assert.Equal(
            0,
            await GraftCommandLine.RunAsync([
                "tokenizer",
                "train",
                "--type",
                "wordpiece",
                "--vocab-size",
                "40",
                "--input",
                text,
                "--output",
                tokenizer,
            ])
        );
        return tokenizer;
    }

    private async Task<string[]> Run(string command, string[] lines, params string[] flags)
    {
        string input = Path.Combine(_folder, "in.txt"), output = Path.Combine(_folder, "out.txt");
        File.WriteAllLines(input, lines);
        Assert.Equal(0, await GraftCommandLine.RunAsync(["tokenizer", command, .. flags, "--input", input, "--output", output]));
        return File.ReadAllLines(output);
    }

    private static JsonElement Json(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        return document.RootElement.Clone();
    }

    private static IEnumerable<string> Strings(string line, string name) =>
        Json(line).GetProperty(name).EnumerateArray().Select(item => item.GetString()!);
}
