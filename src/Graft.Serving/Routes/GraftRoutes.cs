using System.Text.Json;
using Graft.Backbones;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Graft.Tasks;
using Graft.Tasks.MultipleChoice;

namespace Graft.Serving.Routes;

/// <summary>Graft's own routes: answers of any task as <c>graft predict --json</c> prints them, with what was cut.</summary>
internal static class GraftRoutes
{
    private const int MostChoices = 64;

    public static void Map(RouteTable routes)
    {
        routes.Post("/v1/graft/predict", ErrorShape.OpenAi, request => PredictAsync(request, _ => true, "fine-tuned for a task"));
        routes.Post("/v1/graft/tags", ErrorShape.OpenAi, request =>
            PredictAsync(request, model => model.FineTuned.Head == HeadKinds.TokenClassification, "fine-tuned for token-classification")
        );
        routes.Post("/v1/graft/answers", ErrorShape.OpenAi, AnswersAsync);
        routes.Post("/v1/graft/choices", ErrorShape.OpenAi, ChoicesAsync);
    }

    /// <summary>{"inputs": text | [text | {"text", "pair"?}]}.</summary>
    private static async Task PredictAsync(ServingRequest request, Func<PredictingModel, bool> fits, string what)
    {
        using PredictingModel model = request.Models.Hold(request.ModelName, fits, what);
        JsonElement inputs = request.Body.Required("inputs");
        List<(string, string?)> texts = [];
        if (inputs.ValueKind == JsonValueKind.Array)
        {
            RequestBody.RequireCount(inputs, "inputs", request.Options.MaxTexts);
            foreach (JsonElement one in inputs.EnumerateArray()) texts.Add(Input(one, $"inputs[{texts.Count}]"));
        }
        else
        {
            texts.Add(Input(inputs, "inputs"));
        }

        if (model.FineTuned is MultipleChoice)
            throw RequestException.NotServed($"{model.Name} chooses between continuations: POST /v1/graft/choices");
        await AnswerAsync(request, model, model.FineTuned.FromTexts(texts), "inputs").ConfigureAwait(false);
    }

    /// <summary>{"question", "context"}.</summary>
    private static async Task AnswersAsync(ServingRequest request)
    {
        using PredictingModel model = request.Models.Hold<PredictingModel>(
            request.ModelName,
            found => found.FineTuned.Head == HeadKinds.QuestionAnswering,
            "fine-tuned for question-answering"
        );
        string question = request.Body.Text("question"),
            context = request.Body.Text("context");
        await AnswerAsync(request, model, model.FineTuned.FromTexts([(question, context)]), "context").ConfigureAwait(false);
    }

    /// <summary>{"prompt", "choices"}.</summary>
    private static async Task ChoicesAsync(ServingRequest request)
    {
        using PredictingModel model = request.Models.Hold<PredictingModel>(
            request.ModelName,
            found => found.FineTuned is MultipleChoice,
            "fine-tuned for multiple-choice"
        );
        string prompt = request.Body.Text("prompt");
        string[] choices = request.Body.Texts("choices", MostChoices);
        if (choices.Length < 2)
            throw RequestException.Invalid("choices", "at least two are expected");
        await AnswerAsync(request, model, ((MultipleChoice)model.FineTuned).FromChoices([(prompt, choices)]), "choices")
            .ConfigureAwait(false);
    }

    /// <summary>{"model", "predictions": [{…, "truncated"}], "usage": {"prompt_tokens", "total_tokens"}}.</summary>
    private static async Task AnswerAsync(ServingRequest request, PredictingModel model, TaskData data, string field)
    {
        bool truncate = request.Body.Flag("truncate", false),
            inCodePoints = request.Body.OneOf("offsets", "utf16", "codepoint") == "codepoint";
        request.Body.RequireNothingElse();
        Predictions predictions = await Predictions.OfAsync(request, model, data, truncate, field).ConfigureAwait(false);
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("task", model.Task);
            json.WriteStartArray("predictions");
            for (int i = 0; i < data.Count; i++)
            {
                Prediction prediction = inCodePoints ? predictions.Answers[i].InCodePoints(data.PairOf(i)) : predictions.Answers[i];
                System.Text.Json.Nodes.JsonObject answer = prediction.ToMarkedJson();
                answer["truncated"] = predictions.Truncated[i];
                answer.WriteTo(json);
            }

            json.WriteEndArray();
            json.WriteStartObject("usage");
            json.WriteNumber("prompt_tokens", predictions.Tokens);
            json.WriteNumber("total_tokens", predictions.Tokens);
            json.WriteEndObject();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static (string Text, string? Pair) Input(JsonElement input, string name)
    {
        if (input.ValueKind != JsonValueKind.Object) return (RequestBody.TextOf(input, name), null);
        string? text = null, pair = null;
        foreach (JsonProperty property in input.EnumerateObject())
        {
            if (property.NameEquals("text")) text = RequestBody.TextOf(property.Value, name + ".text");
            else if (property.NameEquals("pair")) pair = RequestBody.TextOf(property.Value, name + ".pair");
            else throw RequestException.Invalid(name, "an input has the fields text and pair, and no other");
        }

        return (text ?? throw RequestException.Invalid(name + ".text", "is missing"), pair);
    }
}
