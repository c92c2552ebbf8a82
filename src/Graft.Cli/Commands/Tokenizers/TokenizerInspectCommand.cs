using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Tokenizers;
using Graft.Tokenizers.SentencePiece;

namespace Graft.Cli.Commands.Tokenizers;

/// <summary><c>graft tokenizer inspect</c>: what a tokenizer is made of.</summary>
internal static class TokenizerInspectCommand
{
    private static readonly Option<string> s_tokenizer = TokenizerCommand.Required();
    private static readonly Option<bool> s_json = CommonFlags.Json();

    public static Command Create()
    {
        Command command = new("inspect", "Show a tokenizer's size, steps, special and added tokens.") { s_tokenizer, s_json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(s_tokenizer)!;
            JsonObject facts = TokenCodec.SentencePieceFile(path) is string file
                ? Facts(SentencePieceProcessor.Load(file))
                : Facts(Tokenizer.Load(path), path);
            facts.Insert(0, "tokenizer", path);
            if (parsed.GetValue(s_json)) Terminal.Json(facts);
            else Print(facts);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static JsonObject Facts(Tokenizer tokenizer, string path)
    {
        JsonObject special = [];
        foreach ((string role, int? id) in new[]
        {
            ("unknown", tokenizer.UnknownId), ("padding", tokenizer.PadId), ("cls", tokenizer.ClsId), ("sep", tokenizer.SepId),
            ("mask", tokenizer.MaskId), ("bos", tokenizer.BosId), ("eos", tokenizer.EosId),
        })
        {
            if (id is int found) special[role] = $"{tokenizer.IdToToken(found)} ({found.ToString(CultureInfo.InvariantCulture)})";
        }

        JsonObject facts = new()
        {
            ["tokens"] = tokenizer.VocabSize,
            ["embedding_rows"] = tokenizer.IdEnd,
            ["special_tokens"] = special,
            ["special_tokens_around_a_text"] = tokenizer.SpecialTokenCount(isPair: false),
            ["special_tokens_around_a_pair"] = tokenizer.SpecialTokenCount(isPair: true),
            ["added_tokens"] = new JsonArray([.. tokenizer.AddedTokens.Select(token => JsonValue.Create(token.Content))]),
        };
        AddSections(facts, Directory.Exists(path) ? Path.Combine(path, "tokenizer.json") : path);
        return facts;
    }

    // The kinds of the steps, and the truncation and padding sections, which are reported but only applied on request.
    private static void AddSections(JsonObject facts, string file)
    {
        if (
            !file.EndsWith(".json", StringComparison.Ordinal)
            || !File.Exists(file)
            || JsonNode.Parse(File.ReadAllBytes(file)) is not JsonObject root
        )
            return;
        foreach (string section in new[] { "model", "normalizer", "pre_tokenizer", "post_processor", "decoder" })
        {
            if (root[section] is JsonObject step) facts[section] = Kind(step);
        }

        foreach (string section in new[] { "truncation", "padding" })
        {
            if (root[section] is JsonObject settings) facts[section] = settings.DeepClone();
        }

        static string Kind(JsonObject step)
        {
            string kind = step["type"]?.ToString() ?? "";
            JsonArray? inner =
                step["normalizers"] as JsonArray
                ?? step["pretokenizers"] as JsonArray
                ?? step["processors"] as JsonArray
                ?? step["decoders"] as JsonArray;
            return inner is null ? kind : string.Join(" → ", inner.OfType<JsonObject>().Select(Kind));
        }
    }

    private static JsonObject Facts(SentencePieceProcessor processor)
    {
        JsonObject types = [];
        foreach (
            IGrouping<SentencePieceType, SentencePiece> group in processor.Pieces.GroupBy(piece => piece.Type).OrderBy(group => group.Key)
        )
        {
            types[group.Key.ToString()] = group.Count();
        }

        return new()
        {
            ["model"] = "SentencePiece " + processor.Kind,
            ["tokens"] = processor.Pieces.Count,
            ["pieces_by_type"] = types,
            ["unknown"] = $"{processor.Pieces[processor.UnknownId].Text} ({processor.UnknownId.ToString(CultureInfo.InvariantCulture)})",
            ["control"] = new JsonArray([
                .. processor.Pieces.Where(piece => piece.Type == SentencePieceType.Control).Select(piece => JsonValue.Create(piece.Text)),
            ]),
        };
    }

    private static void Print(JsonObject facts)
    {
        foreach ((string name, JsonNode? value) in facts)
        {
            string text = value switch
            {
                JsonObject members => string.Join(", ", members.Select(member => $"{member.Key} {member.Value}")),
                JsonArray items => string.Join(' ', items.Take(20).Select(item => item?.ToString()))
                    + (items.Count > 20 ? $" … ({items.Count.ToString(CultureInfo.InvariantCulture)})" : ""),
                _ => value?.ToString() ?? "",
            };
            Terminal.Out($"{name.Replace('_', ' '),-30}{text}");
        }
    }
}
