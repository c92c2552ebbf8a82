using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Tables;

namespace Graft.Inference;

/// <summary>What one of many processes is to answer: all of them with the same values but for the shard.</summary>
/// <param name="Command">What is done with each row: <c>predict</c>, <c>embed</c>.</param>
/// <param name="Model">The model's folder (or file).</param>
/// <param name="Input">A file, a folder or a pattern.</param>
/// <param name="Options">Whatever else decides the answers, by name.</param>
/// <param name="Shard">The part of the input.</param>
public sealed record InferenceWork(
    string Command,
    string Model,
    string Input,
    IReadOnlyDictionary<string, string> Options,
    InputShard Shard
);

/// <summary>A line of a part.</summary>
/// <param name="Text">The answer as a line of JSON; null where a row has none that is written.</param>
/// <param name="Failure">Why a row has no answer; null where it has one.</param>
public readonly record struct PartLine(string? Text, BadRow? Failure);

/// <summary>
/// Answers of many processes in one folder, a part each: <c>part-00003-of-00064.jsonl</c>, its rows without an answer in
/// <c>part-00003-of-00064.bad.jsonl</c>, and, written last, <c>part-00003-of-00064.json</c> with counts and hashes: a part is finished when
/// that is there. Every file appears whole, so processes may be killed and started again at will.
/// </summary>
public sealed class InferenceParts
{
    private const string RowKey = "{\"row\":";
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping },
        s_json = new() { WriteIndented = true };
    private static readonly UTF8Encoding s_utf8 = new(encoderShouldEmitUTF8Identifier: false);
    private readonly string _folder;
    private readonly InferenceWork _work;
    private readonly JsonObject _identity;

    /// <summary>Reads the model's files once, to know it again.</summary>
    /// <param name="folder">Where the parts lie.</param>
    /// <param name="work">What this process is to do.</param>
    /// <exception cref="InputException">The model or the input is missing.</exception>
    public InferenceParts(string folder, InferenceWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (File.Exists(folder))
            throw new InputException($"`output`: {folder} is a file; with `shard` a folder is expected, which holds the parts");
        (_folder, _work) = (folder, work);
        string[] files = [.. Shards.Of(work.Input, DataPart.Evaluation)];
        if (Array.Find(files, file => !File.Exists(file)) is string missing) throw new InputException($"{missing} does not exist");
        long[] sizes = [.. files.Select(file => new FileInfo(file).Length)];
        _identity = new JsonObject
        {
            ["command"] = work.Command,
            ["shards"] = work.Shard.Count,
            ["model"] = HashOfModel(work.Model),
            ["input"] = new JsonObject
            {
                ["files"] = files.Length,
                ["bytes"] = sizes.Sum(),
                ["sha256"] = Sha256.Of(
                    string.Concat(
                        files.Zip(sizes, (file, size) => string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(file)}\t{size}\n"))
                    )
                ),
            },
            ["options"] = new JsonObject(
                work.Options.OrderBy(option => option.Key, StringComparer.Ordinal)
                    .Select(option => KeyValuePair.Create(option.Key, (JsonNode?)option.Value))
            ),
        };
    }

    private string Part(string extension) => Path.Combine(_folder, NameOf(_work.Shard.Index, _work.Shard.Count) + extension);

    /// <summary>Whether this process's part is there already.</summary>
    /// <exception cref="InputException">The part is there, but of another model, input or option.</exception>
    public bool IsFinished()
    {
        string path = Part(".json");
        if (!File.Exists(path)) return false;
        JsonObject there = ReadSummary(path);
        foreach ((string key, JsonNode? value) in _identity)
        {
            if (!JsonNode.DeepEquals(there[key], value))
                throw new InputException(
                    $"{path}: its \"{key}\" is {there[key]?.ToJsonString(s_line) ?? "missing"}, here it is "
                        + $"{value?.ToJsonString(s_line)}: parts of one folder answer one question; choose another folder"
                );
        }

        return IsWhole(there);
    }

    /// <summary>Writes the part, then its summary.</summary>
    /// <param name="lines">The rows in order; read while writing.</param>
    /// <returns>The summary.</returns>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public JsonObject Write(IEnumerable<PartLine> lines)
    {
        long rows = 0, bad = 0;
        AtomicFile.Write(Part(".jsonl"), answers => AtomicFile.Write(Part(".bad.jsonl"), failures =>
        {
            using StreamWriter answer = Writer(answers), failure = Writer(failures);
            foreach (PartLine line in lines)
            {
                rows++;
                if (line.Text is not null) answer.WriteLine(line.Text);
                if (line.Failure is null) continue;
                bad++;
                failure.WriteLine(Describe(line.Failure));
            }
        }));
        if (bad == 0) File.Delete(Part(".bad.jsonl"));
        JsonObject summary = new() { ["shard"] = _work.Shard.Index };
        foreach ((string key, JsonNode? value) in _identity) summary[key] = value?.DeepClone();
        (summary["rows"], summary["answered"], summary["bad"]) = (rows, rows - bad, bad);
        summary["part"] = FileOf(Part(".jsonl"));
        summary["bad_rows"] = bad == 0 ? null : FileOf(Part(".bad.jsonl"));
        AtomicFile.WriteText(Part(".json"), summary.ToJsonString(s_json) + "\n");
        return summary;
    }

    /// <summary>
    /// Joins the parts of a folder in the order of the input, after all of them were found whole; rows are numbered through.
    /// </summary>
    /// <param name="folder">Where the parts lie.</param>
    /// <param name="output">The file of all answers, JSON Lines; rows without an answer go beside it (<c>answers.bad.jsonl</c>).</param>
    /// <returns>The counts and the model's hash.</returns>
    /// <exception cref="InputException">The folder holds no parts, or parts of different questions.</exception>
    /// <exception cref="RunFailedException">A part is missing or damaged: run it again.</exception>
    public static JsonObject Merge(string folder, string output)
    {
        if (Path.GetExtension(output) is not ".jsonl")
            throw new InputException("output", output, "a file that ends in .jsonl, as the parts are");
        JsonObject[] parts = WholeParts(folder);
        long[] before = new long[parts.Length + 1];
        for (int i = 0; i < parts.Length; i++) before[i + 1] = before[i] + (long)parts[i]["rows"]!;
        long bad = parts.Sum(part => (long)part["bad"]!);
        string failures = Path.ChangeExtension(output, ".bad.jsonl");
        if (bad > 0) Join("bad_rows", failures);
        else File.Delete(failures);
        Join("part", output);
        foreach (string leftover in Directory.EnumerateFiles(folder, ".part-*.partial"))
            File.Delete(leftover); // of processes that were killed: nobody writes any more
        return new JsonObject
        {
            ["output"] = output,
            ["parts"] = parts.Length,
            ["rows"] = before[^1],
            ["answered"] = before[^1] - bad,
            ["bad"] = bad,
            ["bad_rows"] = bad > 0 ? failures : null,
            ["model"] = parts[0]["model"]?.DeepClone(),
            ["sha256"] = HashOf(output),
        };

        void Join(string key, string target) => AtomicFile.Write(target, stream =>
        {
            using StreamWriter writer = Writer(stream);
            for (int i = 0; i < parts.Length; i++)
            {
                if (parts[i][key] is not JsonObject file) continue;
                using StreamReader reader = new(Path.Combine(folder, (string)file["file"]!), s_utf8);
                while (reader.ReadLine() is { } line) writer.WriteLine(Renumbered(line, before[i]));
            }
        });
    }

    /// <summary>The summaries of all parts in order.</summary>
    private static JsonObject[] WholeParts(string folder)
    {
        if (!Directory.Exists(folder)) throw new InputException($"{folder} does not exist");
        JsonObject[] found = [.. Directory.EnumerateFiles(folder, "part-*.json").Order(StringComparer.Ordinal).Select(ReadSummary)];
        if (found.Length == 0) throw new InputException($"{folder} holds no finished part (part-00000-of-….json)");
        string[] kinds = ["command", "shards", "model", "input", "options"];
        foreach (JsonObject other in found)
        {
            if (Array.Find(kinds, key => !JsonNode.DeepEquals(other[key], found[0][key])) is string different)
                throw new InputException(
                    $"{folder}: parts {(int?)found[0]["shard"]} and {(int?)other["shard"]} have different \"{different}\": they answer "
                        + $"no one question"
                );
        }

        int count = (int)found[0]["shards"]!;
        Dictionary<int, JsonObject> byShard = found.ToDictionary(part => (int)part["shard"]!);
        int[] missing = [.. Enumerable.Range(0, count).Where(shard => !byShard.ContainsKey(shard))];
        if (missing.Length > 0)
            throw new RunFailedException(
                $"{folder}: {missing.Length} of {count} parts are not finished ({Several(missing)}): run them, then merge again"
            );
        int[] damaged = [.. Enumerable.Range(0, count).Where(shard => !IsSound(folder, byShard[shard]))];
        if (damaged.Length > 0)
            throw new RunFailedException(
                $"{folder}: {damaged.Length} of {count} parts are not what their summaries say ({Several(damaged)}): remove them, run "
                    + $"them and merge again"
            );
        return [.. Enumerable.Range(0, count).Select(shard => byShard[shard])];

        static string Several(int[] shards) => "shards " + string.Join(", ", shards.Take(16)) + (shards.Length > 16 ? ", …" : "");
    }

    private bool IsWhole(JsonObject summary) =>
        new[] { "part", "bad_rows" }.All(key =>
            summary[key] is not JsonObject file
            || new FileInfo(Path.Combine(_folder, (string)file["file"]!)) is { Exists: true } there && there.Length == (long)file["bytes"]!
        );

    private static bool IsSound(string folder, JsonObject summary) =>
        new[] { "part", "bad_rows" }.All(key =>
            summary[key] is not JsonObject file
            || (Path.Combine(folder, (string)file["file"]!) is var path && File.Exists(path) && HashOf(path) == (string?)file["sha256"])
        );

    private static JsonObject ReadSummary(string path)
    {
        try
        {
            if (
                JsonNode.Parse(File.ReadAllBytes(path)) is JsonObject summary
                && summary["shard"] is not null
                && summary["shards"] is not null
            )
                return summary;
        }
        catch (JsonException)
        {
            // Said below.
        }

        throw new InputException($"{path} is no summary of a part: remove it, and run that shard again");
    }

    private static string Renumbered(string line, long before)
    {
        if (before == 0 || !line.StartsWith(RowKey, StringComparison.Ordinal)) return line;
        int end = line.AsSpan(RowKey.Length).IndexOfAnyExceptInRange('0', '9') + RowKey.Length;
        long row = long.Parse(line.AsSpan(RowKey.Length, end - RowKey.Length), NumberStyles.None, CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{RowKey}{row + before}{line.AsSpan(end)}");
    }

    private static string Describe(BadRow row)
    {
        JsonObject line = new() { ["row"] = row.Row, ["file"] = row.Path, ["line"] = row.Line };
        if (row.Id is not null) line["id"] = row.Id;
        line["error"] = row.Problem;
        return line.ToJsonString(s_line);
    }

    private static string NameOf(int index, int count) => string.Create(CultureInfo.InvariantCulture, $"part-{index:D5}-of-{count:D5}");

    private static StreamWriter Writer(Stream stream) => new(stream, s_utf8, leaveOpen: true) { NewLine = "\n" };

    private static JsonObject FileOf(string path) =>
        new()
        {
            ["file"] = Path.GetFileName(path),
            ["bytes"] = new FileInfo(path).Length,
            ["sha256"] = HashOf(path),
        };

    private static string HashOf(string path)
    {
        using FileStream stream = File.OpenRead(path);
        return Sha256.Of(stream);
    }

    /// <summary>Over the names and contents of the files that a model is made of.</summary>
    private static string HashOfModel(string model)
    {
        if (File.Exists(model))
            return HashOf(model);
        string[] unread = ["checkpoints", "corpus", "tensorboard"],
            kinds = [".safetensors", ".bin", ".onnx", ".data", ".json", ".txt", ".model"];
        IEnumerable<string> files = Directory
            .EnumerateFiles(model, "*", SearchOption.AllDirectories)
            .Where(file =>
                kinds.Contains(Path.GetExtension(file), StringComparer.Ordinal)
                && !unread.Contains(Path.GetRelativePath(model, file).Split('/', '\\')[0], StringComparer.Ordinal)
            )
            .OrderBy(file => Path.GetRelativePath(model, file), StringComparer.Ordinal);
        return Sha256.Of(string.Concat(files.Select(file => $"{Path.GetRelativePath(model, file)}\t{HashOf(file)}\n")));
    }
}
