using System.IO.Compression;
using System.Text.Json;

namespace Graft.Tokenizers.Tests.Goldens;

/// <summary>Runs records of the reference's answers and collects how ours differ.</summary>
internal static class GoldenRecords
{
    public static IEnumerable<JsonElement> Read(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is string line)
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }

    /// <summary>The differences between a tokenizer and the records of a file, all of them or the first ones.</summary>
    public static List<string> Differences(Tokenizer tokenizer, string path, int records = int.MaxValue)
    {
        System.Collections.Concurrent.ConcurrentBag<string> differences = [];
        Parallel.ForEach(Read(path).Take(records), record =>
        {
            try
            {
                if (Compare(tokenizer, record) is string difference)
                    differences.Add($"{record.GetProperty("id").GetString()} {record.GetProperty("kind").GetString()}: {difference}");
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                differences.Add($"{record.GetProperty("id").GetString()}: {exception}");
            }
        });
        return [.. differences.Order(StringComparer.Ordinal)];
    }

    /// <summary>The first difference, or null.</summary>
    private static string? Compare(Tokenizer tokenizer, JsonElement record)
    {
        if (record.GetProperty("kind").GetString() == "decode") return CompareDecoding(tokenizer, record);
        JsonElement options = record.GetProperty("options");
        Tokenizer configured = tokenizer.With(OverridesOf(options));
        EncodeOptions encode = OptionsOf(options);
        if (record.TryGetProperty("texts", out JsonElement texts)) return CompareBatch(configured, record, Strings(texts), encode);
        TokenizedText actual;
        try
        {
            actual = Encode(configured, record, encode);
        }
        catch (InputException)
        {
            return record.TryGetProperty("error", out _) ? null : "refused, the reference answers";
        }

        if (record.TryGetProperty("error", out JsonElement error)) return "answered, the reference refuses: " + error.GetString();
        if (CompareOne(record, actual) is string difference) return difference;
        JsonElement[] windows = record.TryGetProperty("overflow", out JsonElement overflow) ? [.. overflow.EnumerateArray()] : [];
        if (windows.Length != actual.Overflow.Count) return $"{actual.Overflow.Count} further windows, expected {windows.Length}";
        for (int i = 0; i < windows.Length; i++)
        {
            if (CompareOne(windows[i], actual.Overflow[i]) is string inWindow) return $"window {i}: {inWindow}";
        }

        return null;
    }

    private static TokenizedText Encode(Tokenizer tokenizer, JsonElement record, EncodeOptions options)
    {
        JsonElement text = record.GetProperty("text");
        bool hasPair = record.TryGetProperty("pair", out JsonElement pair);
        return text.ValueKind == JsonValueKind.Array
            ? tokenizer.EncodeWords(Strings(text), hasPair ? Strings(pair) : null, options)
            : tokenizer.Encode(text.GetString()!, hasPair ? pair.GetString() : null, options);
    }

    private static string? CompareOne(JsonElement expected, TokenizedText actual) =>
        CompareList(expected, "ids", actual.Ids.Select(id => id.ToString()))
        ?? CompareList(expected, "tokens", actual.Tokens)
        ?? CompareList(expected, "offsets", actual.Offsets.Select(range => $"[{range.Start},{range.End}]"))
        ?? CompareList(expected, "type_ids", actual.TypeIds.Select(id => id.ToString()))
        ?? CompareList(expected, "attention_mask", actual.AttentionMask.Select(id => id.ToString()))
        ?? CompareList(expected, "special_tokens_mask", actual.SpecialTokensMask.Select(id => id.ToString()))
        ?? CompareList(expected, "word_ids", actual.WordIds.Select(id => id < 0 ? "" : id.ToString()))
        ?? CompareList(expected, "sequence_ids", actual.SequenceIds.Select(id => id < 0 ? "" : id.ToString()));

    private static string? CompareList(JsonElement record, string name, IEnumerable<string> actual)
    {
        if (!record.TryGetProperty(name, out JsonElement list)) return null;
        string expected = string.Join(' ', list.EnumerateArray().Select(item => item.ToString()));
        string found = string.Join(' ', actual);
        return expected == found ? null : $"{name}\n  expected {expected}\n  found    {found}";
    }

    private static string? CompareBatch(Tokenizer tokenizer, JsonElement record, string[] texts, EncodeOptions options)
    {
        TokenizedText[] batch = tokenizer.EncodeBatch(texts, null, options);
        return Rows("ids", encoding => encoding.Ids) ?? Rows("attention_mask", encoding => encoding.AttentionMask)
            ?? Rows("type_ids", encoding => encoding.TypeIds) ?? Rows("special_tokens_mask", encoding => encoding.SpecialTokensMask);

        string? Rows(string name, Func<TokenizedText, int[]> select)
        {
            string expected = record.GetProperty(name).GetRawText().Replace(" ", "");
            string found = "[" + string.Join(',', batch.Select(encoding => "[" + string.Join(',', select(encoding)) + "]")) + "]";
            return expected == found ? null : $"{name}\n  expected {expected}\n  found    {found}";
        }
    }

    private static string? CompareDecoding(Tokenizer tokenizer, JsonElement record)
    {
        int[] ids = [.. record.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        return Text("decoded", new() { SkipSpecialTokens = false })
            ?? Text("decoded_skip_special", new() { SkipSpecialTokens = true })
            ?? Text("decoded_clean_up", new() { SkipSpecialTokens = true, CleanUpSpaces = true })
            ?? CompareList(record, "tokens", ids.Select(id => tokenizer.IdToToken(id) ?? ""));

        string? Text(string name, DecodeOptions options)
        {
            string expected = record.GetProperty(name).GetString()!;
            string found = tokenizer.Decode(ids, options);
            return expected == found ? null : $"{name}\n  expected {expected}\n  found    {found}";
        }
    }

    private static TokenizerOverrides OverridesOf(JsonElement options) => new()
    {
        LowerCase = Bool(options, "do_lower_case"),
        StripAccents = Bool(options, "strip_accents"),
        HandleChineseChars = Bool(options, "tokenize_chinese_chars"),
        CleanText = Bool(options, "clean_text"),
        AddPrefixSpace = Bool(options, "add_prefix_space"),
        TrimOffsets = Bool(options, "trim_offsets"),
    };

    private static EncodeOptions OptionsOf(JsonElement options) => new()
    {
        Offsets = OffsetUnit.CodePoint,
        AddSpecialTokens = Bool(options, "add_special_tokens") ?? true,
        SplitSpecialTokens = Bool(options, "split_special_tokens") ?? false,
        MaxLength = Text(options, "padding") is not null && Bool(options, "truncation") != true ? null : Int(options, "max_length"),
        PadLength = Int(options, "max_length"),
        Stride = Int(options, "stride") ?? 0,
        Truncation = Text(options, "strategy") switch
        {
            "only_first" => TruncationStrategy.OnlyFirst,
            "only_second" => TruncationStrategy.OnlySecond,
            _ => TruncationStrategy.LongestFirst,
        },
        TruncationSide = Text(options, "direction") == "left" ? Side.Left : Side.Right,
        Padding = Text(options, "padding") switch { null => PaddingMode.None, "longest" => PaddingMode.Longest, _ => PaddingMode.Fixed },
        PaddingSide = Text(options, "padding_side") == "left" ? Side.Left : Side.Right,
        PadToMultipleOf = Int(options, "pad_to_multiple_of") ?? 0,
        PadToken = Text(options, "pad_token"),
    };

    private static string[] Strings(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetString()!)];

    private static bool? Bool(JsonElement options, string name) =>
        options.TryGetProperty(name, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : null;

    private static int? Int(JsonElement options, string name) =>
        options.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    private static string? Text(JsonElement options, string name) =>
        options.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
