using System.Text.Json;

namespace Graft.Tokenizers.Tests;

/// <summary>
/// Small tokenizers built like published ones (Llama 2 and 3, Qwen, DeepSeek, CLIP, BLOOM, Falcon …), with byte fallback, ignored merges,
/// end-of-word suffixes and fused unknowns: the reference's answers, recorded by Fixtures/layouts.py.
/// </summary>
public sealed class LayoutTests
{
    public static TheoryData<string> Names => [.. Records().Select(record => record.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Names))]
    public void EveryTextIsEncodedAndDecodedAsByTheReference(string name)
    {
        JsonElement record = Record(name);
        Tokenizer tokenizer = Load(name);
        TokenBuffer buffer = new(withOffsets: true);
        List<string> differences = [];
        foreach (JsonElement item in record.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            TokenizedText encoded = tokenizer.Encode(text, options: new() { Offsets = OffsetUnit.CodePoint });
            Compare("ids", string.Join(',', encoded.Ids));
            Compare("tokens", JsonSerializer.Serialize(encoded.Tokens));
            Compare("offsets", string.Join(',', encoded.Offsets.Select(range => $"[{range.Start},{range.End}]")));
            Compare("word_ids", string.Join(',', encoded.WordIds.Select(word => word < 0 ? "null" : word.ToString())));
            Compare("decoded", JsonSerializer.Serialize(tokenizer.Decode(encoded.Ids, new() { SkipSpecialTokens = false })));
            Compare("decoded_skip_special", JsonSerializer.Serialize(tokenizer.Decode(encoded.Ids)));
            tokenizer.Encode(text, buffer);
            Assert.True(buffer.Ids.SequenceEqual(encoded.Ids), $"{name}: the buffer has other ids for {JsonSerializer.Serialize(text)}");
            Assert.True(
                buffer.Offsets.SequenceEqual(tokenizer.Encode(text).Offsets),
                $"{name}: the buffer has other offsets for {JsonSerializer.Serialize(text)}"
            );

            void Compare(string what, string found)
            {
                string expected = JsonSerializer.Serialize(item.GetProperty(what)).TrimStart('[').TrimEnd(']');
                found = found.TrimStart('[').TrimEnd(']');
                if (expected != found)
                    differences.Add($"{JsonSerializer.Serialize(text)} {what}\n  expected {expected}\n  found    {found}");
            }
        }

        Assert.True(differences.Count == 0, $"{name}: {differences.Count} differ\n{string.Join('\n', differences.Take(6))}");
    }

    /// <summary>The tokenizer of a layout.</summary>
    internal static Tokenizer Load(string name) =>
        Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(Record(name).GetProperty("tokenizer").GetRawText()), name);

    private static JsonElement Record(string name) => Records().Single(record => record.GetProperty("name").GetString() == name);

    private static IEnumerable<JsonElement> Records()
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "layouts.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
