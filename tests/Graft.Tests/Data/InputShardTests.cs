using System.Globalization;
using System.IO.Compression;
using System.Text;
using Graft.Data;
using Parquet;
using Parquet.Schema;

namespace Graft.Tests.Data;

/// <summary>
/// Parts of an input: together they are the whole, in order, whatever the format and number; and whose part is whose, as schedulers say it.
/// </summary>
public sealed class InputShardTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-shards-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("csv")]
    [InlineData("jsonl")]
    [InlineData("txt")]
    [InlineData("crlf.csv")]
    [InlineData("json")]
    [InlineData("csv.gz")]
    [InlineData("parquet")]
    public void PartsTogetherAreTheWholeInOrder(string format)
    {
        for (int file = 0; file < 3; file++) Write(Path.Combine(_folder, $"file-{file}.{format}"), format, 40 * file, 40 + (5 * file));
        string pattern = Path.Combine(_folder, "*." + format);
        string[] whole = Texts(pattern, null);
        Assert.Equal(format == "txt" ? 137 : 135, whole.Length); // two blank lines of text are rows that cannot be used
        foreach (int count in new[] { 1, 2, 3, 7, 64, 500 })
        {
            string[] parts = [.. Enumerable.Range(0, count).SelectMany(index => Texts(pattern, new InputShard(index, count)))];
            Assert.Equal(whole, parts);
        }
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public void PartsAreOfEqualSize(string format)
    {
        string path = Path.Combine(_folder, "all." + format);
        Write(path, format, 0, 400);
        int[] sizes = [.. Enumerable.Range(0, 8).Select(index => Texts(path, new InputShard(index, 8)).Length)];
        Assert.All(sizes, size => Assert.InRange(size, 40, 60));
    }

    [Fact]
    public void ARowThatCannotBeUsedIsNamedByItsFileAndLine()
    {
        string path = Path.Combine(_folder, "b.csv");
        File.WriteAllText(
            Path.Combine(_folder, "a.csv"),
            "text,n\n" + string.Concat(Enumerable.Range(0, 20).Select(i => $"good {i},{i}\n"))
        );
        File.WriteAllText(
            path,
            "text,n\n" + string.Concat(Enumerable.Range(0, 20).Select(i => i == 15 ? "one,two,three\n" : $"bad {i},{i}\n"))
        );
        List<BadRow> bad = [];
        foreach (int index in Enumerable.Range(0, 4))
            Assert.NotEmpty(
                LabelledTextReader
                    .Stream(Path.Combine(_folder, "*.csv"), new ColumnOptions { Shard = new InputShard(index, 4) }, bad.Add)
                    .ToList()
            );
        Assert.Equal((path, 17L), (bad.Single().Path, bad.Single().Line));
    }

    [Theory]
    [InlineData("3/64", 3, 64)]
    [InlineData("0/1", 0, 1)]
    public void AShardIsReadFromTheCommandLine(string text, int index, int count) =>
        Assert.Equal(new InputShard(index, count), InputShard.Parse(text));

    [Theory]
    [InlineData("64/64")]
    [InlineData("-1/4")]
    [InlineData("1")]
    [InlineData("1/2/3")]
    [InlineData("a/b")]
    [InlineData("0/0")]
    public void WhatIsNoShardIsRefused(string text) =>
        Assert.Equal("shard", Assert.Throws<InputException>(() => InputShard.Parse(text)).Key);

    [Theory]
    [InlineData("JOB_COMPLETION_INDEX=5", 8, 5, 8)]
    [InlineData("SLURM_ARRAY_TASK_ID=11 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_COUNT=4", null, 1, 4)]
    [InlineData("SLURM_ARRAY_TASK_ID=11 SLURM_ARRAY_TASK_MIN=10 SLURM_ARRAY_TASK_COUNT=4", 4, 1, 4)]
    [InlineData("RANK=2 WORLD_SIZE=3", null, 2, 3)]
    public void ASchedulerSaysWhichPart(string environment, int? shards, int index, int count) =>
        Assert.Equal(new InputShard(index, count), InputShard.OfScheduler(shards, Environment(environment)));

    [Theory]
    [InlineData("", 4, "no scheduler")]
    [InlineData("JOB_COMPLETION_INDEX=5", null, "`shards`")]
    [InlineData("JOB_COMPLETION_INDEX=8", 8, "there is none")]
    [InlineData("JOB_COMPLETION_INDEX=x", 8, "whole number")]
    [InlineData("SLURM_ARRAY_TASK_ID=1 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_COUNT=4", 8, "SLURM_ARRAY_TASK_COUNT is 4")]
    public void WhatASchedulerDoesNotSayIsRefused(string environment, int? shards, string part) =>
        Assert.Contains(
            part,
            Assert.Throws<InputException>(() => InputShard.OfScheduler(shards, Environment(environment))).Message,
            StringComparison.Ordinal
        );

    private static Func<string, string?> Environment(string text)
    {
        Dictionary<string, string> variables = text.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(pair => pair.Split('='))
            .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);
        return key => variables.GetValueOrDefault(key);
    }

    /// <summary>The texts, and what is wrong with the rows that have none, in order.</summary>
    private static string[] Texts(string path, InputShard? shard)
    {
        List<string> found = [];
        foreach (
            LabelledText row in LabelledTextReader.Stream(
                path,
                new ColumnOptions
                {
                    Text = path.EndsWith("txt", StringComparison.Ordinal) ? null : "text",
                    Shard = shard,
                    CountBlankLines = true,
                },
                bad => found.Add(bad.Problem)
            )
        )
            found.Add(row.Text);
        return [.. found];
    }

    private static void Write(string path, string format, int first, int rows)
    {
        IEnumerable<int> numbers = Enumerable.Range(first, rows);
        string Text(int i) => $"text {i}{new string('é', i % 13)}";
        string csv =
            "id,text\n"
            + string.Concat(
                numbers.Select(i =>
                    i % 4 == 0 ? $"{i},\"{Text(i)}, \"\"quoted\"\"\nand on a line of its own\"\n"
                    : i == 42 ? "too,many,cells\n"
                    : $"{i},{Text(i)}\n"
                )
            );
        if (format == "parquet")
            Parquet(path, [.. numbers.Select(Text)]);
        else if (format == "csv.gz")
            File.WriteAllBytes(path, Compressed(csv));
        else
            File.WriteAllText(
                path,
                format switch
                {
                    "csv" => csv,
                    "crlf.csv" => csv.ReplaceLineEndings("\r\n"),
                    "jsonl" => string.Concat(numbers.Select(i => $"{{\"id\": {i}, \"text\": \"{Text(i)}\"}}\n")),
                    "json" => "[" + string.Join(",\n", numbers.Select(i => $"{{\"id\": {i}, \"text\": \"{Text(i)}\"}}")) + "]",
                    _ => string.Concat(numbers.Select(i => i == 42 ? "\n\n" + Text(i) + "\n" : Text(i) + "\n")),
                }
            );
    }

    private static byte[] Compressed(string text)
    {
        using MemoryStream buffer = new();
        using (GZipStream zip = new(buffer, CompressionLevel.Fastest, leaveOpen: true)) zip.Write(Encoding.UTF8.GetBytes(text));
        return buffer.ToArray();
    }

    /// <summary>Row groups of unequal size.</summary>
    private static void Parquet(string path, string[] texts)
    {
        DataField<string> id = new("id"), text = new("text");
        using FileStream stream = File.Create(path);
        ParquetWriter writer = ParquetWriter.CreateAsync(new ParquetSchema(id, text), stream).GetAwaiter().GetResult();
        for (int start = 0, size = 3; start < texts.Length; start += size, size = Math.Min(size + 4, texts.Length - start))
        {
            size = Math.Min(size, texts.Length - start);
            using ParquetRowGroupWriter group = writer.CreateRowGroup();
            group
                .WriteAsync(id, (string[])[.. Enumerable.Range(start, size).Select(i => i.ToString(CultureInfo.InvariantCulture))])
                .GetAwaiter()
                .GetResult();
            group.WriteAsync(text, texts[start..(start + size)]).GetAwaiter().GetResult();
        }

        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
