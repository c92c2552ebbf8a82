using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Checks;
using Graft.Tests.Inference;
using Parquet;

namespace Graft.Tests.Data.Mutations;

/// <summary>A sound file of a format.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Task">What it is for.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record GoodFile(string Name, string Task, byte[] Content);

/// <summary>Some forty sound files of every format, and what accidents make of them: something swapped, dropped, doubled or cut.</summary>
internal static class MutatedFiles
{
    private static readonly string[] s_texts =
    [
        "The rye bread was a joy",
        "Our table, by the door, was cold",
        "He said \"no\" and left",
        "A 5\" disk | a pipe",
        "Nobody; not one; said sorry",
        "Straße, café, 山 🎉 fine",
        "The lamp broke",
        "My uncle laughed all evening",
    ];

    /// <summary>The files, the same every time.</summary>
    public static IReadOnlyList<GoodFile> Good { get; } = [.. Tables(), .. Json(), .. Tagged(), .. Questions(), .. Parquet()];

    /// <summary>What the doors make of a mutation of a file: null where that is sound, else what is wrong with it.</summary>
    /// <param name="seed">Decides the file and the mutation.</param>
    /// <param name="folder">Where it is written.</param>
    public static string? Fault(int seed, string folder)
    {
        Random random = new(seed);
        GoodFile good = Good[seed % Good.Count];
        byte[] content = good.Content;
        for (int i = random.Next(1, 4); i > 0; i--) content = Mutate(content, random);
        string path = Path.Combine(folder, good.Name);
        System.IO.File.WriteAllBytes(path, content);
        string about = string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {good.Name} for {good.Task}");
        try
        {
            Interpretation read = TaskDataCheck.Run(new DataCheckOptions { Task = good.Task, Train = path }).Files[0];
            long? expected = Count(read, path);
            long found = read.Rows + read.LeftOut.Count;
            if (expected is not null && expected != found)
                return $"{about}: {read.Rows} rows and {read.LeftOut.Count} left out, {expected} records "
                    + $"({read.Describe()})\n{Shown(content)}";
            return read.LeftOut.Zip(read.LeftOut.Skip(1)).Any(pair => pair.First.Line > pair.Second.Line)
                ? $"{about}: rows left out are not in the order of the file"
                : null;
        }
        catch (InputException refusal)
        {
            return refusal.Message.Contains('\n', StringComparison.Ordinal)
                ? $"{about}: refused in more than a line: {refusal.Message}"
                : null;
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"{about}: {error}\n{Shown(content)}";
        }
    }

    private static byte[] Mutate(byte[] content, Random random)
    {
        if (content.Length < 4) return content;
        int kind = random.Next(12);
        if (kind < 4)
        {
            int at = random.Next(content.Length), length = Math.Min(content.Length - at, random.Next(1, 9));
            return kind switch
            {
                0 => [.. content[..at], .. content[(at + length)..]],
                1 => [.. content[..(at + length)], .. content[at..]],
                2 => content[..at],
                _ => [.. content[..at], (byte)random.Next(256), .. content[(at + 1)..]],
            };
        }

        bool isWide = content.Length > 1 && content.AsSpan(0, Math.Min(40, content.Length)).Contains((byte)0);
        Encoding encoding = isWide ? new UnicodeEncoding(bigEndian: false, byteOrderMark: false) : Encoding.Latin1; // bytes as they are
        string text = encoding.GetString(content);
        string[] separators = kind < 8 ? ["\n"] : kind < 10 ? [",", "\t", ";", "|", " "] : ["\"", ":", "{", "}", "[", "]"];
        string separator = separators[random.Next(separators.Length)];
        List<string> parts = [.. text.Split(separator)];
        int one = random.Next(parts.Count), two = random.Next(parts.Count);
        switch (kind % 4)
        {
            case 0:
                (parts[one], parts[two]) = (parts[two], parts[one]);
                break;
            case 1:
                parts.RemoveAt(one);
                break;
            case 2:
                parts.Insert(two, parts[one]);
                break;
            default:
                parts[one] = parts[one][..random.Next(parts[one].Length + 1)];
                break;
        }

        return encoding.GetBytes(string.Join(separator, parts));
    }

    /// <summary>
    /// How many records a file has, counted by other means; null where only the reading can say (quotes decide what a record is).
    /// </summary>
    private static long? Count(Interpretation read, string path)
    {
        if (read.Format == "parquet")
            return RowsOfParquet(path);
        string text =
            read.Encoding == "utf-16le" ? Encoding.Unicode.GetString(System.IO.File.ReadAllBytes(path)) : System.IO.File.ReadAllText(path);
        text = text.TrimStart('\uFEFF');
        string[] lines = text.Contains('\n', StringComparison.Ordinal) ? text.Split('\n') : text.Split('\r');
        switch (read.Format)
        {
            case "json-lines" or "text" or "fasttext":
                return lines.Count(line => !string.IsNullOrWhiteSpace(line));
            case "spans":
                return text.TrimStart().StartsWith('[') ? Elements(text) : lines.Count(line => !string.IsNullOrWhiteSpace(line));
            case "json":
                return Elements(text);
            case "squad":
                return Questions(text);
            case "conll" or "conll-u":
                return Sentences(lines, read.Format == "conll" ? "# " : "#");
            default:
                if (read.Delimiter is null) return null;
                if (text.Contains('"', StringComparison.Ordinal)) return QuotedRecords(text, read);
                bool states = lines[0].Length == 5 && lines[0].StartsWith("sep=", StringComparison.OrdinalIgnoreCase);
                long rows = lines.Count(line =>
                    line.TrimEnd('\r') is var row
                    && (!string.IsNullOrWhiteSpace(row) || row.Contains(read.Delimiter, StringComparison.Ordinal))
                );
                return rows - (read.Header == true ? 1 : 0) - (states ? 1 : 0);
        }
    }

    /// <summary>
    /// The records of a table with quotes by RFC 4180, letter by letter; null where a quote stands anywhere that the standard has none, so
    /// that only the reading can say.
    /// </summary>
    private static long? QuotedRecords(string text, Interpretation read)
    {
        char separator = read.Delimiter![0],
            lineEnd = text.Contains('\n', StringComparison.Ordinal) ? '\n' : '\r';
        (long records, bool isInside, bool isFieldStart, bool isBlank, bool wasQuoted) = (0, false, true, true, false);
        for (int i = 0; i < text.Length; i++)
        {
            char letter = text[i];
            if (isInside)
            {
                if (letter != '"') continue;
                if (i + 1 < text.Length && text[i + 1] == '"') i++;
                else (isInside, wasQuoted) = (false, true);
            }
            else if (letter == lineEnd || text.AsSpan(i).StartsWith("\r\n"))
            {
                if (letter != lineEnd) continue;
                if (!isBlank) records++;
                (isFieldStart, isBlank, wasQuoted) = (true, true, false);
            }
            else if (letter == separator)
            {
                (isFieldStart, isBlank, wasQuoted) = (true, false, false);
            }
            else if (letter == '"')
            {
                if (!isFieldStart) return null;
                (isInside, isFieldStart, isBlank) = (true, false, false);
            }
            else if (wasQuoted || letter is '\\' or '\u0085' or '\u2028' or '\u2029')
            {
                return null;
            }
            else if (letter != ' ' || !isFieldStart)
            {
                (isFieldStart, isBlank) = (false, isBlank && char.IsWhiteSpace(letter));
            }
        }

        if (isInside) return null;
        if (!isBlank) records++;
        bool states = text.StartsWith("sep=", StringComparison.OrdinalIgnoreCase);
        return records - (read.Header == true ? 1 : 0) - (states ? 1 : 0);
    }

    /// <summary>What the footer says: the sum over its row groups.</summary>
    private static long RowsOfParquet(string path)
    {
        using FileStream stream = System.IO.File.OpenRead(path);
        ParquetReader reader = ParquetReader.CreateAsync(stream).GetAwaiter().GetResult();
        long rows = 0;
        for (int group = 0; group < reader.RowGroupCount; group++)
        {
            using ParquetRowGroupReader opened = reader.OpenRowGroupReader(group);
            rows += opened.RowCount;
        }

        reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return rows;
    }

    private static IEnumerable<GoodFile> Parquet()
    {
        string path = Path.GetTempFileName();
        try
        {
            string[][] rows = [.. Enumerable.Range(0, 16).Select(i => (string[])[s_texts[i % 8], Label(i)])];
            ParquetFiles.Write(path, ["text", "label"], rows);
            yield return new GoodFile("a.parquet", "text-classification", System.IO.File.ReadAllBytes(path));
        }
        finally
        {
            System.IO.File.Delete(path);
        }
    }

    private static long Sentences(string[] lines, string comment)
    {
        long sentences = 0;
        bool inside = false;
        foreach (string line in lines)
        {
            if (string.IsNullOrWhiteSpace(line) || line.StartsWith("-DOCSTART-", StringComparison.Ordinal)) inside = false;
            else if (!line.StartsWith(comment, StringComparison.Ordinal) && !inside) (inside, sentences) = (true, sentences + 1);
        }

        return sentences;
    }

    private static long? Elements(string text)
    {
        try
        {
            JsonNode? root = JsonNode.Parse(text);
            return root switch
            {
                JsonArray array => array.Count,
                JsonObject document
                    when document.Count(pair => pair.Value is JsonArray { Count: > 0 } list && list[0] is JsonObject) == 1
                        && document["data"] is JsonArray data => data.Count,
                _ => null,
            };
        }
        catch (Exception error) when (error is JsonException or ArgumentException)
        {
            return null; // several documents, or a key twice
        }
    }

    private static long? Questions(string text)
    {
        try
        {
            return JsonNode
                .Parse(text)
                ?["data"]?.AsArray()
                .Sum(article => article!["paragraphs"]!.AsArray().Sum(paragraph => paragraph!["qas"]!.AsArray().Count));
        }
        catch (Exception error) when (error is JsonException or ArgumentException or InvalidOperationException or NullReferenceException)
        {
            return null;
        }
    }

    private static string Shown(byte[] content) => Encoding.UTF8.GetString(content.AsSpan(0, Math.Min(content.Length, 1500)));

    private static string Label(int i) => i % 2 == 0 ? "good" : "bad";

    private static IEnumerable<GoodFile> Tables()
    {
        string Quoted(string cell, char separator) =>
            cell.AsSpan().IndexOfAny(separator, '"') >= 0 ? $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : cell;
        string Rows(string? header, char separator, Func<int, string[]> cells, int count = 16) =>
            (header is null ? "" : header + "\n")
            + string.Concat(
                Enumerable.Range(0, count).Select(i => string.Join(separator, cells(i).Select(cell => Quoted(cell, separator))) + "\n")
            );
        string[] Plain(int i) => [s_texts[i % 8], Label(i)];
        string Bare(string text) =>
            text.Replace("\"", "", StringComparison.Ordinal)
                .Replace(",", "", StringComparison.Ordinal)
                .Replace(";", "", StringComparison.Ordinal)
                .Replace("|", "", StringComparison.Ordinal);
        yield return File("a.csv", "text-classification", Rows("text,label", ',', Plain));
        yield return File("bare.csv", "text-classification", Rows("text,label", ',', i => [Bare(s_texts[i % 8]), Label(i)]));
        yield return File("semicolon.csv", "text-classification", Rows("wording;kind", ';', i => [Bare(s_texts[i % 8]), Label(i)]));
        yield return File("pipe.txt", "text-classification", Rows("text|label", '|', i => [Bare(s_texts[i % 8]), Label(i)]));
        yield return File("a.tsv", "text-classification", Rows("text\tlabel", '\t', Plain));
        yield return File("headerless.tsv", "text-classification", Rows(null, '\t', i => [Label(i), Bare(s_texts[i % 8])]));
        yield return File("sep.csv", "text-classification", "sep=;\n" + Rows("Text;Art", ';', i => [Bare(s_texts[i % 8]), Label(i)]));
        yield return File(
            "return.csv",
            "text-classification",
            Rows("text,label", ',', i => [Bare(s_texts[i % 8]), Label(i)]).Replace('\n', '\r')
        );
        yield return new GoodFile(
            "utf16.tsv",
            "text-classification",
            [
                .. Encoding.Unicode.GetPreamble(),
                .. Encoding.Unicode.GetBytes(Rows("text\tlabel", '\t', i => [Bare(s_texts[i % 8]), Label(i)])),
            ]
        );
        yield return File(
            "pairs.tsv",
            "text-pair-classification",
            Rows("sentence1\tsentence2\tgold_label", '\t', i => [s_texts[i % 8], s_texts[(i + 3) % 8], i % 7 == 6 ? "-" : Label(i)])
        );
        yield return File("scores.csv", "regression", Rows("text;score", ';', i => [Bare(s_texts[i % 8]), $"{i % 5},5"]));
        yield return File(
            "labels.csv",
            "multi-label-classification",
            Rows("text,labels", ',', i => [Bare(s_texts[i % 8]), i % 3 == 0 ? "food|room" : "room"])
        );
        yield return File(
            "lists.csv",
            "multi-label-classification",
            Rows("text,labels", ',', i => [s_texts[i % 8], i % 3 == 0 ? "['food', 'room']" : "['room']"])
        );
        yield return File("targets.tsv", "text-to-text", Rows("source\ttarget", '\t', i => [s_texts[i % 8], s_texts[(i + 1) % 8]]));
        yield return File(
            "triplets.tsv",
            "embedding",
            Rows("anchor\tpositive\tnegative", '\t', i => [s_texts[i % 8], s_texts[(i + 1) % 8], s_texts[(i + 2) % 8]])
        );
        yield return File("lines.txt", "causal-lm", string.Concat(s_texts.Select(text => text + "\n\n")));
        yield return File(
            "ft.txt",
            "text-classification",
            string.Concat(Enumerable.Range(0, 16).Select(i => $"__label__{Label(i)} {s_texts[i % 8]}\n"))
        );
        yield return File(
            "choices.csv",
            "multiple-choice",
            Rows("question,choice0,choice1,label", ',', i => [s_texts[i % 8], "the vase", "the shelf", $"{i % 2}"])
        );
        yield return File(
            "questions.csv",
            "question-answering",
            Rows("id,question,context,answer,answer_start", ',', i => [$"q{i}", "Who left?", "Then Ann left.", "Ann", "5"])
        );
    }

    private static IEnumerable<GoodFile> Json()
    {
        string Record(int i) => new JsonObject { ["text"] = s_texts[i % 8], ["label"] = Label(i) }.ToJsonString();
        string[] records = [.. Enumerable.Range(0, 16).Select(Record)];
        yield return File("a.jsonl", "text-classification", string.Join('\n', records) + "\n");
        yield return File("lines.json", "text-classification", string.Join('\n', records) + "\n");
        yield return File("array.json", "text-classification", "[\n" + string.Join(",\n", records) + "\n]");
        yield return File("key.json", "text-classification", "{\"version\": 1, \"data\": [\n" + string.Join(",\n", records) + "\n]}");
        yield return File(
            "hot.jsonl",
            "multi-label-classification",
            string.Concat(Enumerable.Range(0, 16).Select(i => $"{{\"text\": \"text {i}\", \"labels\": [\"{Label(i)}\", \"all\"]}}\n"))
        );
        yield return File(
            "cats.jsonl",
            "multi-label-classification",
            string.Concat(Enumerable.Range(0, 16).Select(i => $"{{\"text\": \"text {i}\", \"cats\": {{\"a\": {i % 2}, \"b\": 1}}}}\n"))
        );
        yield return File(
            "numbers.jsonl",
            "text-classification",
            string.Concat(Enumerable.Range(0, 16).Select(i => $"{{\"text\": \"text {i}\", \"label\": {i % 3}.0}}\n"))
        );
        yield return File("stories.json", "causal-lm", "[" + string.Join(", ", records) + "]");
        yield return File(
            "pairs.jsonl",
            "embedding",
            string.Concat(Enumerable.Range(0, 16).Select(i => $"{{\"query\": \"text {i}\", \"positive\": \"answer {i}\"}}\n"))
        );
        yield return File(
            "choices.jsonl",
            "multiple-choice",
            string.Concat(
                Enumerable
                    .Range(0, 16)
                    .Select(i => $"{{\"question\": \"text {i}\", \"choices\": [\"x\", \"y\"], \"label\": {1 + (i % 2)}}}\n")
            )
        );
    }

    private static IEnumerable<GoodFile> Tagged()
    {
        (string Word, string Tag)[][] sentences =
        [
            [("Ann", "B-PER"), ("Lee", "I-PER"), ("sang", "O")],
            [("in", "O"), ("Bonn", "B-LOC"), (".", "O")],
            [("#", "O"), ("Rome", "B-LOC")],
        ];
        string Columns(char separator, Func<string, string> line) =>
            string.Concat(
                Enumerable
                    .Range(0, 12)
                    .Select(i => string.Concat(sentences[i % 3].Select(word => line($"{word.Word}{separator}{word.Tag}"))) + "\n")
            );
        yield return File(
            "a.conll",
            "token-classification",
            Columns(' ', line => line.StartsWith("# ", StringComparison.Ordinal) ? "sign O\n" : line + "\n")
        );
        yield return File("tabs.conll", "token-classification", "-DOCSTART-\tO\n\n" + Columns('\t', line => line + "\n"));
        yield return File(
            "multi.conll",
            "token-classification",
            string.Concat(Enumerable.Range(0, 12).Select(i => $"# id {i}\tdomain=en\nAnn _ _ B-PER\nLee _ _ I-PER\nsang _ _ O\n\n"))
        );
        yield return File(
            "uner.iob2",
            "token-classification",
            string.Concat(Enumerable.Range(0, 12).Select(i => $"# sent_id = {i}\n1\tAnn\tB-PER\t-\tx\n2\tsang\tO\t-\tx\n\n"))
        );
        yield return File(
            "a.conllu",
            "token-classification",
            string.Concat(
                Enumerable
                    .Range(0, 8)
                    .Select(i => $"# sent_id = {i}\n1\tAnn\tAnn\tPROPN\t_\t_\t2\tnsubj\t_\t_\n2\tsang\tsing\tVERB\t_\t_\t0\troot\t_\t_\n\n")
            )
        );
        yield return File(
            "tokens.jsonl",
            "token-classification",
            string.Concat(Enumerable.Range(0, 12).Select(i => "{\"tokens\": [\"Ann\", \"sang\"], \"ner_tags\": [\"B-PER\", \"O\"]}\n"))
        );
        yield return File(
            "spans.jsonl",
            "token-classification",
            string.Concat(
                Enumerable.Range(0, 12).Select(i => "{\"text\": \"Ann Lee in Bonn\", \"label\": [[0, 7, \"PER\"], [11, 15, \"LOC\"]]}\n")
            )
        );
        yield return File(
            "prodigy.jsonl",
            "token-classification",
            string.Concat(
                Enumerable
                    .Range(0, 12)
                    .Select(i =>
                        "{\"text\": \"Ann Lee in Bonn\", \"spans\": [{\"start\": 0, \"end\": 7, \"label\": \"PER\"}], \"answer\": "
                            + "\"accept\"}\n"
                    )
            )
        );
    }

    private static IEnumerable<GoodFile> Questions()
    {
        string Asked(int i) => $"{{\"id\": \"q{i}\", \"question\": \"Who?\", \"answers\": [{{\"text\": \"Ann\", \"answer_start\": 5}}]}}";
        yield return File(
            "squad.json",
            "question-answering",
            "{\"version\": \"v\", \"data\": [{\"title\": \"t\", \"paragraphs\": [\n"
                + string.Join(
                    ",\n",
                    Enumerable
                        .Range(0, 4)
                        .Select(i => $"{{\"context\": \"Then Ann left.\", \"qas\": [{Asked(2 * i)},\n{Asked((2 * i) + 1)}]}}")
                )
                + "]}]}"
        );
        yield return File(
            "flat.jsonl",
            "question-answering",
            string.Concat(
                Enumerable
                    .Range(0, 12)
                    .Select(i =>
                        $"{{\"id\": \"q{i}\", \"question\": \"Who?\", \"context\": \"Then Ann left.\", \"answers\": {{\"text\": "
                            + $"[\"Ann\"], \"answer_start\": [5]}}}}\n"
                    )
            )
        );
        yield return File(
            "flat.json",
            "question-answering",
            "["
                + string.Join(
                    ",\n",
                    Enumerable
                        .Range(0, 12)
                        .Select(i =>
                            $"{{\"id\": \"q{i}\", \"question\": \"Who?\", \"context\": \"Then Ann left.\", \"answers\": {{\"text\": "
                                + $"[\"Ann\"], \"answer_start\": [5]}}}}"
                        )
                )
                + "]"
        );
    }

    private static GoodFile File(string name, string task, string content) => new(name, task, Encoding.UTF8.GetBytes(content));
}
