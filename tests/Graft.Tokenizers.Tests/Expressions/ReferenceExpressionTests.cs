using System.Text.Json;
using Graft.Tokenizers.Expressions;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Tests.Expressions;

/// <summary>
/// The expressions of published tokenizers, and every construct, on random texts: what the reference answered (Fixtures/expressions.jsonl).
/// </summary>
public sealed class ReferenceExpressionTests
{
    public static TheoryData<string> Expressions => [.. Records().Select(record => record.GetProperty("expression").GetString()!)];

    [Theory]
    [MemberData(nameof(Expressions))]
    public void PiecesAndReplacementsAreTheReferences(string expression)
    {
        JsonElement record = Records().Single(record => record.GetProperty("expression").GetString() == expression);
        List<string> differences = [];
        foreach (JsonElement item in record.GetProperty("cases").EnumerateArray())
        {
            string text = item.GetProperty("text").GetString()!;
            string step = JsonSerializer.Serialize(
                new
                {
                    type = "Split",
                    pattern = new { Regex = expression },
                    behavior = string.Concat(
                        item.GetProperty("behavior").GetString()!.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..])
                    ),
                    invert = item.GetProperty("invert").GetBoolean(),
                }
            );
            Tokenizer tokenizer = WithStep("pre_tokenizer", step);
            string expected = string.Join(' ', item.GetProperty("pieces").EnumerateArray().Select(piece => piece.ToString()));
            string found = string.Join(
                ' ',
                tokenizer
                    .Encode(text, options: new() { Offsets = OffsetUnit.CodePoint })
                    .Offsets.Select(range => $"[{range.Start},{range.End}]")
            );
            if (expected != found)
                differences.Add($"{step} {JsonSerializer.Serialize(text)}\n  expected {expected}\n  found    {found}");
            if (
                item.TryGetProperty("replaced", out JsonElement replaced)
                && Replaced(expression, text) is string ours
                && ours != replaced.GetString()
            )
                differences.Add($"replace {JsonSerializer.Serialize(text)}\n  expected {replaced.GetString()}\n  found    {ours}");
        }

        Assert.True(differences.Count == 0, $"{expression}: {differences.Count} differ\n{string.Join('\n', differences.Take(5))}");
    }

    private static string Replaced(string expression, string text)
    {
        using JsonDocument step = JsonDocument.Parse(
            JsonSerializer.Serialize(
                new
                {
                    type = "Replace",
                    pattern = new { Regex = expression },
                    content = "▁x",
                }
            )
        );
        NormalizedText normalized = new();
        normalized.Reset(text, 0);
        Graft.Tokenizers.Normalizers.Normalizer.Read(new(step.RootElement, "test", "")).Apply(normalized);
        return new string(normalized.Units);
    }

    // A tokenizer whose every piece is one unknown token.
    private static Tokenizer WithStep(string name, string step) => Tokenizer.FromJson(System.Text.Encoding.UTF8.GetBytes(
        $$"""{"model":{"type":"WordLevel","vocab":{"<unk>":0},"unk_token":"<unk>"},"{{name}}":{{step}}}"""));

    private static IEnumerable<JsonElement> Records()
    {
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Fixtures", "expressions.jsonl")))
        {
            using JsonDocument document = JsonDocument.Parse(line);
            yield return document.RootElement.Clone();
        }
    }
}
