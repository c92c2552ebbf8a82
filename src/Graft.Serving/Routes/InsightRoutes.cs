using System.Text.Json;
using Graft.Backbones;
using Graft.Data;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;

namespace Graft.Serving.Routes;

/// <summary>
/// What a model is, what it reads, and why it answers as it does: the routes that the page of <c>/</c> needs beside the others.
/// </summary>
internal static class InsightRoutes
{
    private const int MostSentences = 32, MostAttended = 256, MostUnits = 128, MostCandidates = 50;
    private static readonly LoadOptions s_backbone = new() { Head = HeadKinds.None };

    public static void Map(RouteTable routes)
    {
        routes.Get("/v1/graft/models", ErrorShape.OpenAi, ModelsAsync);
        routes.Post("/v1/graft/tokens", ErrorShape.OpenAi, TokensAsync);
        routes.Post("/v1/graft/attention", ErrorShape.OpenAi, AttentionAsync);
        routes.Post("/v1/graft/context", ErrorShape.OpenAi, ContextAsync);
        routes.Post("/v1/graft/mask", ErrorShape.OpenAi, MaskAsync);
        routes.Post("/v1/graft/explain", ErrorShape.OpenAi, ExplainAsync);
    }

    private static Task ModelsAsync(ServingRequest request) => request.AnswerAsync(json =>
    {
        json.WriteStartObject();
        json.WriteStartArray("models");
        foreach (ServedModel model in request.Models.All) WriteModel(json, model);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    private static void WriteModel(Utf8JsonWriter json, ServedModel model)
    {
        PredictingModel? predicting = model as PredictingModel;
        json.WriteStartObject();
        json.WriteString("name", model.Name);
        json.WriteString("task", model.Task);
        json.WriteStartArray("labels");
        foreach (string label in predicting?.FineTuned.Labels ?? []) json.WriteStringValue(label);
        json.WriteEndArray();
        json.WriteNumber("max_length", LimitOf(model));
        if (predicting is { FineTuned: { Calibrated: true, Decisions.Temperature: double temperature } })
            json.WriteNumber("temperature", temperature);
        else json.WriteNull("temperature");
        if (predicting?.FineTuned.Decisions.Threshold is double threshold) json.WriteNumber("threshold", threshold);
        else json.WriteNull("threshold");
        if (model.Tokenizer.MaskId is int mask) json.WriteString("mask", model.Tokenizer.IdToToken(mask));
        else json.WriteNull("mask");
        json.WriteStartArray("can");
        foreach (string ability in Abilities(model)) json.WriteStringValue(ability);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static IEnumerable<string> Abilities(ServedModel model)
    {
        yield return model switch
        {
            EmbeddingModel => "similarity",
            WritingModel => "generate",
            PredictingModel { FineTuned.Head: HeadKinds.QuestionAnswering } => "answers",
            PredictingModel { FineTuned.Head: HeadKinds.MultipleChoice } => "choices",
            _ => "predict",
        };
        if (model is PredictingModel { Classifies: true, FineTuned.Labels.Count: > 0 }) yield return "explain";
        yield return "tokens";
        if (InspectedModels.FillsMasks(model)) yield return "mask";
        if (!InspectedModels.CanInspect(model)) yield break;
        yield return "attention";
        yield return "context";
    }

    private static int LimitOf(ServedModel model) =>
        model is PredictingModel predicting ? predicting.Encoding.MaxLength : model.MaxLength;

    /// <summary>{"text", "pair"?}: the tokens with ids and offsets, and where a model that cuts stops reading.</summary>
    private static async Task TokensAsync(ServingRequest request)
    {
        using ServedModel model = request.Models.Hold<ServedModel>(request.ModelName, _ => true, "a model");
        string text = request.Body.Text("text");
        string? pair = request.Body.OptionalText("pair");
        request.Body.RequireNothingElse();
        int limit = LimitOf(model);
        TokenizedText whole = model.Tokenizer.Encode(text, pair);
        (int Text, int Pair)? read = null;
        if (whole.Length > limit)
        {
            TokenizedText cut = model.Tokenizer.Encode(text, pair, new EncodeOptions { MaxLength = limit });
            read = (EndOf(cut, 0), EndOf(cut, 1));
        }

        bool cuts = model is EmbeddingModel || model is PredictingModel { Encoding.Truncate: true };
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteNumber("limit", limit);
            json.WriteNumber("count", whole.Length);
            json.WriteString("read", read is null ? "whole" : cuts ? "cut" : model is WritingModel ? "refused" : "windows");
            WriteEnd(json, "text_end", read?.Text);
            WriteEnd(json, "pair_end", pair is null ? null : read?.Pair);
            json.WriteStartArray("tokens");
            for (int i = 0; i < whole.Length; i++)
            {
                bool special = whole.SpecialTokensMask[i] == 1;
                json.WriteStartObject();
                json.WriteNumber("id", whole.Ids[i]);
                json.WriteString("token", whole.Tokens[i]);
                json.WriteBoolean("special", special);
                json.WriteNumber("sequence", special ? -1 : whole.SequenceIds[i]);
                json.WriteNumber("start", special ? 0 : whole.Offsets[i].Start);
                json.WriteNumber("end", special ? 0 : whole.Offsets[i].End);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void WriteEnd(Utf8JsonWriter json, string name, int? end)
    {
        if (end is int place) json.WriteNumber(name, place);
        else json.WriteNull(name);
    }

    private static int EndOf(TokenizedText tokens, int sequence)
    {
        int end = 0;
        for (int i = 0; i < tokens.Length; i++)
        {
            if (tokens.SpecialTokensMask[i] == 0 && tokens.SequenceIds[i] == sequence) end = Math.Max(end, tokens.Offsets[i].End);
        }

        return end;
    }

    /// <summary>{"text", "pair"?, "layer"?, "head"?}: one [query][key]; without layer or head the mean over them.</summary>
    private static async Task AttentionAsync(ServingRequest request)
    {
        using ServedModel model = HoldTransformer(request);
        string text = request.Body.Text("text");
        string? pair = request.Body.OptionalText("pair");
        int? layer = request.Body.OptionalInteger("layer", 0, 1023), head = request.Body.OptionalInteger("head", 0, 1023);
        request.Body.RequireNothingElse();
        int tokens = model.Tokenizer.Encode(text, pair).Length;
        if (tokens > MostAttended)
            throw RequestException.TooLarge(FormattableString.Invariant($"{tokens} tokens; attention is shown of {MostAttended}"), "text");
        AttentionInspection seen = await AskAsync(
            request,
            model,
            tokens,
            folder => PretrainedModel.Load(folder, s_backbone),
            opened => AttentionInspection.Of(opened, text, pair)
        ).ConfigureAwait(false);
        int layers = seen.Attentions.Count, heads = seen.Attentions[0].GetLength(0);
        RequireBelow("layer", layer, layers);
        RequireBelow("head", head, heads);
        float[,] mean = Mean(seen, layer, head);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteNumber("layers", layers);
            json.WriteNumber("heads", heads);
            json.WriteStartArray("tokens");
            foreach (string token in seen.Tokens) json.WriteStringValue(token);
            json.WriteEndArray();
            json.WriteStartArray("attention");
            for (int query = 0; query < mean.GetLength(0); query++)
            {
                json.WriteStartArray();
                for (int key = 0; key < mean.GetLength(1); key++) json.WriteNumberValue(MathF.Round(mean[query, key], 5));
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static void RequireBelow(string field, int? value, int end)
    {
        if (value >= end) throw RequestException.Invalid(field, FormattableString.Invariant($"from 0 to {end - 1} is expected"));
    }

    private static float[,] Mean(AttentionInspection seen, int? layer, int? head)
    {
        int length = seen.Tokens.Count, count = 0;
        float[,] mean = new float[seen.Attentions[0].GetLength(1), seen.Attentions[0].GetLength(2)];
        for (int l = 0; l < seen.Attentions.Count; l++)
        {
            if (layer is int only && l != only) continue;
            for (int h = 0; h < seen.Attentions[l].GetLength(0); h++)
            {
                if (head is int one && h != one) continue;
                count++;
                for (int query = 0; query < length; query++)
                {
                    for (int key = 0; key < length; key++) mean[query, key] += seen.Attentions[l][h, query, key];
                }
            }
        }

        for (int query = 0; query < length; query++)
        {
            for (int key = 0; key < length; key++) mean[query, key] /= count;
        }

        return mean;
    }

    /// <summary>{"word", "sentences"}: how alike a word's vectors are wherever it stands.</summary>
    private static async Task ContextAsync(ServingRequest request)
    {
        using ServedModel model = HoldTransformer(request);
        string word = request.Body.Text("word").Trim();
        string[] sentences = request.Body.Texts("sentences", MostSentences);
        request.Body.RequireNothingElse();
        int tokens = sentences.Sum(sentence => model.Tokenizer.EncodeIds(sentence).Length);
        ContextComparison seen = await AskAsync(
            request,
            model,
            tokens,
            folder => PretrainedModel.Load(folder, s_backbone),
            opened => ContextComparison.Of(opened, word, sentences)
        ).ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("word", seen.Word);
            json.WriteStartArray("occurrences");
            foreach ((WordInContext one, (double x, double y)) in seen.Occurrences.Zip(seen.Map))
            {
                json.WriteStartObject();
                json.WriteString("sentence", one.Sentence);
                json.WriteNumber("start", one.Start);
                if (one.ToStatic is double cosine) json.WriteNumber("to_static", Math.Round(cosine, 6));
                else json.WriteNull("to_static");
                json.WriteNumber("x", Math.Round(x, 6));
                json.WriteNumber("y", Math.Round(y, 6));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("similarities");
            for (int i = 0; i < seen.Occurrences.Count; i++)
            {
                json.WriteStartArray();
                for (int j = 0; j < seen.Occurrences.Count; j++) json.WriteNumberValue(Math.Round(seen.Similarities[i, j], 6));
                json.WriteEndArray();
            }

            json.WriteEndArray();
            json.WriteStartArray("by_layer");
            foreach (double cosine in seen.ByLayer) json.WriteNumberValue(Math.Round(cosine, 6));
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>{"text", "count"?}: the best candidates for each mask.</summary>
    private static async Task MaskAsync(ServingRequest request)
    {
        using EmbeddingModel model = request.Models.Hold<EmbeddingModel>(
            request.ModelName,
            InspectedModels.FillsMasks,
            "a masked language model"
        );
        string text = request.Body.Text("text");
        int count = request.Body.OptionalInteger("count", 1, MostCandidates) ?? 5;
        request.Body.RequireNothingElse();
        FilledText filled = await AskAsync(
            request,
            model,
            model.Tokenizer.EncodeIds(text).Length,
            folder => FillMask.Load(folder),
            opened => opened.Fill(text, count)
        ).ConfigureAwait(false);
        await request.AnswerAsync(json => filled.ToJson().WriteTo(json)).ConfigureAwait(false);
    }

    /// <summary>{"text", "pair"?, "label"?}: what the answer would be without each word.</summary>
    private static async Task ExplainAsync(ServingRequest request)
    {
        using PredictingModel model = request.Models.Hold<PredictingModel>(
            request.ModelName,
            found => found.Classifies && found.FineTuned.Labels.Count > 0,
            "a classifier, or one that gives a number"
        );
        string text = request.Body.Text("text");
        string? pair = request.Body.OptionalText("pair"), label = request.Body.OptionalText("label");
        bool truncate = request.Body.Flag("truncate", false);
        request.Body.RequireNothingElse();
        if (label is not null && !model.FineTuned.Labels.Contains(label, StringComparer.Ordinal))
            throw RequestException.Invalid("label", $"one of {string.Join(", ", model.FineTuned.Labels)} is expected");
        List<(int Sequence, int Start, int End)> units = [.. Units(text, 0), .. pair is null ? [] : Units(pair, 1)];
        if (units.Count < 2) throw RequestException.Invalid("text", "at least two words are expected");
        TaskData data = model.FineTuned.FromTexts([
            (text, pair),
            .. units.Select(unit => unit.Sequence == 0 ? (Without(text, unit), pair) : (text, Without(pair!, unit))),
        ]);
        Predictions predictions = await Predictions.OfAsync(request, model, data, truncate, "text").ConfigureAwait(false);
        label ??= LabelOf(predictions.Answers[0]);
        double[] values = [.. predictions.Answers.Select(answer => ValueOf(answer, label))];
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("label", label);
            json.WriteNumber("value", Math.Round(values[0], 6));
            json.WriteStartArray("words");
            for (int i = 0; i < units.Count; i++)
            {
                (int sequence, int start, int end) = units[i];
                json.WriteStartObject();
                json.WriteString("text", (sequence == 0 ? text : pair!)[start..end]);
                json.WriteNumber("sequence", sequence);
                json.WriteNumber("start", start);
                json.WriteNumber("end", end);
                json.WriteNumber("without", Math.Round(values[i + 1], 6));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>The words of a text; of a long one neighbours together.</summary>
    private static IEnumerable<(int Sequence, int Start, int End)> Units(string text, int sequence)
    {
        (int Start, int End)[] words = [.. WordSplitter.Ranges(text, new HashSet<int>())];
        int size = ((words.Length - 1) / MostUnits) + 1;
        return words.Chunk(size).Select(group => (sequence, group[0].Start, group[^1].End));
    }

    private static string Without(string text, (int Sequence, int Start, int End) unit)
    {
        string before = text[..unit.Start], after = text[unit.End..];
        return before.Length == 0 || char.IsWhiteSpace(before[^1]) ? before + after.TrimStart() : before + after;
    }

    private static string LabelOf(Prediction prediction) => prediction switch
    {
        ClassPrediction one => one.Label,
        LabelsPrediction several => several.Labels[Array.IndexOf(several.Probabilities, several.Probabilities.Max())],
        ValuesPrediction values => values.Names[0],
        _ => "value",
    };

    private static double ValueOf(Prediction prediction, string label) => prediction switch
    {
        ClassPrediction one => one.Probabilities[Place(one.Labels, label)],
        LabelsPrediction several => several.Probabilities[Place(several.Labels, label)],
        ValuesPrediction values => values.Values[Place(values.Names, label)],
        ValuePrediction value => value.Value,
        _ => throw RequestException.NotServed("such answers cannot be explained"),
    };

    private static int Place(IReadOnlyList<string> names, string name)
    {
        for (int i = 0; i < names.Count; i++)
        {
            if (names[i] == name) return i;
        }

        throw RequestException.Invalid("label", $"{name} is not among the answers");
    }

    private static ServedModel HoldTransformer(ServingRequest request) =>
        request.Models.Hold<ServedModel>(request.ModelName, InspectedModels.CanInspect, "a Transformer with its weights");

    /// <summary>Asks on the compute thread.</summary>
    private static async Task<TAnswer> AskAsync<TModel, TAnswer>(
        ServingRequest request,
        ServedModel model,
        int tokens,
        Func<string, TModel> open,
        Func<TModel, TAnswer> ask
    )
        where TModel : IDisposable
        where TAnswer : class
    {
        TAnswer? answer = null;
        await request.Queue.RunAsync(() => answer = request.Inspected.Ask(model, open, ask), tokens, request.Aborted).ConfigureAwait(false);
        return answer!;
    }
}
