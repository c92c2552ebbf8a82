using System.Text.Json;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;

namespace Graft.Serving.Routes;

/// <summary>text-embeddings-inference's routes for classes and ranks: <c>/predict</c>, <c>/rerank</c>.</summary>
internal static class ClassificationRoutes
{
    public static void Map(RouteTable routes)
    {
        routes.Post("/predict", ErrorShape.TextEmbeddings, PredictAsync);
        routes.Post("/rerank", ErrorShape.TextEmbeddings, RerankAsync);
    }

    private static async Task PredictAsync(ServingRequest request)
    {
        using PredictingModel model = request.Models.Hold<PredictingModel>(
            request.ModelName,
            found => found.Classifies,
            "a classifier of texts"
        );
        (List<(string, string?)> texts, bool isBatch) = Inputs(request.Body.Required("inputs"), request.Options);
        bool raw = request.Body.Flag("raw_scores", false);
        bool truncate = EmbeddingRoutes.TruncationOf(request.Body, request.Options).Allowed;
        request.Body.RequireNothingElse();
        Predictions predictions = await Predictions
            .OfAsync(request, model, model.FineTuned.FromTexts(texts), truncate, "inputs")
            .ConfigureAwait(false);
        await request
            .AnswerAsync(json =>
            {
                if (isBatch)
                    json.WriteStartArray();
                for (int i = 0; i < texts.Count; i++)
                    Write(json, predictions.Answers[i], raw ? predictions.RawScores[i] : null, model.FineTuned);
                if (isBatch)
                    json.WriteEndArray();
            })
            .ConfigureAwait(false);
    }

    private static async Task RerankAsync(ServingRequest request)
    {
        using PredictingModel model = request.Models.Hold<PredictingModel>(
            request.ModelName,
            found => found.Ranks,
            "a cross-encoder with one score"
        );
        string query = request.Body.Text("query");
        string[] texts = request.Body.Texts("texts", request.Options.MaxTexts);
        bool raw = request.Body.Flag("raw_scores", false), withText = request.Body.Flag("return_text", false);
        bool truncate = EmbeddingRoutes.TruncationOf(request.Body, request.Options).Allowed;
        request.Body.RequireNothingElse();
        TaskData pairs = model.FineTuned.FromTexts([.. texts.Select(text => (query, (string?)text))]);
        Predictions predictions = await Predictions.OfAsync(request, model, pairs, truncate, "texts").ConfigureAwait(false);
        double[] scores = [.. predictions.RawScores.Select(score => raw ? score[0] : Sigmoid(score[0]))];
        await request.AnswerAsync(json =>
        {
            json.WriteStartArray();
            foreach (int i in Enumerable.Range(0, scores.Length).OrderByDescending(i => predictions.RawScores[i][0]))
            {
                json.WriteStartObject();
                json.WriteNumber("index", i);
                json.WriteNumber("score", (float)scores[i]);
                if (withText) json.WriteString("text", texts[i]);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>A text, a pair of texts, or a list of lists of one or two texts.</summary>
    private static (List<(string Text, string? Pair)> Texts, bool IsBatch) Inputs(JsonElement inputs, ServingOptions options)
    {
        if (inputs.ValueKind != JsonValueKind.Array) return ([(RequestBody.TextOf(inputs, "inputs"), null)], false);
        RequestBody.RequireCount(inputs, "inputs", options.MaxTexts);
        if (inputs[0].ValueKind == JsonValueKind.Array)
            return ([.. inputs.EnumerateArray().Select((one, i) => Pair(one, $"inputs[{i}]"))], true);
        if (inputs.GetArrayLength() > 2)
            throw RequestException.Invalid(
                "inputs",
                "a text, a pair of texts, or a list of lists of one or two texts is expected: [[\"first text\"], [\"second text\"]]"
            );
        return ([Pair(inputs, "inputs")], false);
    }

    private static (string Text, string? Pair) Pair(JsonElement texts, string name)
    {
        if (texts.ValueKind != JsonValueKind.Array || texts.GetArrayLength() is not (1 or 2))
            throw RequestException.Invalid(name, "a list of one or two texts is expected");
        return (
            RequestBody.TextOf(texts[0], name + "[0]"),
            texts.GetArrayLength() == 2 ? RequestBody.TextOf(texts[1], name + "[1]") : null
        );
    }

    /// <summary>[{"score", "label"}], best first.</summary>
    private static void Write(Utf8JsonWriter json, Prediction prediction, float[]? raw, FineTuningTask task)
    {
        (IReadOnlyList<string> labels, double[] scores) = prediction switch
        {
            ClassPrediction one => (one.Labels, one.Probabilities),
            LabelsPrediction several => (several.Labels, several.Probabilities),
            ValuesPrediction numbers => (numbers.Names, numbers.Values),
            ValuePrediction number => (task.Labels.Count == 1 ? task.Labels : ["LABEL_0"], [number.Value]),
            _ => throw RequestException.NotServed(
                $"a task that answers with {prediction.GetType().Name} has no classes: POST /v1/graft/predict"
            ),
        };
        if (raw is not null) scores = [.. raw.Select(score => (double)score)];
        json.WriteStartArray();
        foreach (int i in Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]))
        {
            json.WriteStartObject();
            json.WriteNumber("score", (float)scores[i]);
            json.WriteString("label", labels[i]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static double Sigmoid(double score) => 1 / (1 + Math.Exp(-score));
}
