using System.Text.Json;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Tokenizers;

namespace Graft.Serving.Routes;

/// <summary>text-embeddings-inference's <c>/tokenize</c> and <c>/decode</c>.</summary>
internal static class TokenRoutes
{
    private static readonly DecodeOptions s_whole = new() { SkipSpecialTokens = false }, s_words = new() { SkipSpecialTokens = true };

    public static void Map(RouteTable routes)
    {
        routes.Post("/tokenize", ErrorShape.TextEmbeddings, TokenizeAsync);
        routes.Post("/decode", ErrorShape.TextEmbeddings, DecodeAsync);
    }

    /// <summary>The text that token ids stand for, special ones left out.</summary>
    public static string Decoded(JsonElement ids, string name, Tokenizer tokenizer, int most) =>
        tokenizer.Decode(Ids(ids, name, tokenizer, most), s_words);

    private static async Task TokenizeAsync(ServingRequest request)
    {
        using ServedModel model = request.Models.Hold<ServedModel>(request.ModelName, _ => true, "a model");
        JsonElement inputs = request.Body.Required("inputs");
        string[] texts =
            inputs.ValueKind == JsonValueKind.Array
                ? request.Body.Texts("inputs", request.Options.MaxTexts)
                : [RequestBody.TextOf(inputs, "inputs")];
        bool special = request.Body.Flag("add_special_tokens", true);
        string? prompt = request.Body.OptionalText("prompt_name");
        request.Body.RequireNothingElse();
        string before = prompt is null ? "" : model is EmbeddingModel vectors
            ? vectors.Embedder.Scorer.Model.Texts.PromptFor(null, prompt, model.Name)
            : throw RequestException.Invalid("prompt_name", $"{model.Name} has no prompts");
        EncodeOptions options = new() { AddSpecialTokens = special, Offsets = OffsetUnit.CodePoint };
        TokenizedText[] tokenized = [.. texts.Select(text => model.Tokenizer.Encode(before + text, null, options))];
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (TokenizedText tokens in tokenized) Write(json, tokens);
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, TokenizedText tokens)
    {
        json.WriteStartArray();
        for (int i = 0; i < tokens.Length; i++)
        {
            bool special = tokens.SpecialTokensMask[i] == 1;
            json.WriteStartObject();
            json.WriteNumber("id", tokens.Ids[i]);
            json.WriteString("text", tokens.Tokens[i]);
            json.WriteBoolean("special", special);
            if (special)
            {
                json.WriteNull("start");
                json.WriteNull("stop");
            }
            else
            {
                json.WriteNumber("start", tokens.Offsets[i].Start);
                json.WriteNumber("stop", tokens.Offsets[i].End);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static async Task DecodeAsync(ServingRequest request)
    {
        using ServedModel model = request.Models.Hold<ServedModel>(request.ModelName, _ => true, "a model");
        JsonElement ids = request.Body.Required("ids");
        bool skip = request.Body.Flag("skip_special_tokens", true);
        request.Body.RequireNothingElse();
        if (ids.ValueKind != JsonValueKind.Array)
            throw RequestException.Invalid(
                "ids",
                $"a list of token ids, or a list of such lists, is expected, not {RequestBody.Kind(ids)}"
            );
        int most = (int)Math.Min(int.MaxValue, request.Options.MaxBodyBytes);
        RequestBody.RequireCount(ids, "ids", most);
        DecodeOptions options = skip ? s_words : s_whole;
        string[] texts = ids[0].ValueKind == JsonValueKind.Array
            ? [.. ids.EnumerateArray().Select((list, i) => model.Tokenizer.Decode(Ids(list, $"ids[{i}]", model.Tokenizer, most), options))]
            : [model.Tokenizer.Decode(Ids(ids, "ids", model.Tokenizer, most), options)];
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (string text in texts) json.WriteStringValue(text);
            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private static int[] Ids(JsonElement list, string name, Tokenizer tokenizer, int most)
    {
        if (list.ValueKind != JsonValueKind.Array)
            throw RequestException.Invalid(name, $"a list of token ids is expected, not {RequestBody.Kind(list)}");
        RequestBody.RequireCount(list, name, most);
        return
        [
            .. list.EnumerateArray()
                .Select(
                    (item, i) =>
                        item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id) && id >= 0 && id < tokenizer.IdEnd
                            ? id
                            : throw RequestException.Invalid(
                                $"{name}[{i}]",
                                FormattableString.Invariant($"a token id from 0 to {tokenizer.IdEnd - 1} is expected")
                            )
                ),
        ];
    }
}
