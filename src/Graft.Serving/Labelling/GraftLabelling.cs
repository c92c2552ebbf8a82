using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Labelling;
using Graft.Serving.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving;

/// <summary>What the page of labelling shows beside the texts.</summary>
/// <param name="Token">Every route asks for it in the header <c>X-Graft-Token</c>.</param>
/// <param name="Task">The task's name.</param>
/// <param name="Command">The command that trains a model on the labels.</param>
public sealed record LabellingPage(string Token, string Task, string Command);

/// <summary>
/// The page of <c>graft label</c> at <c>/</c> and the routes it uses, which programs may use as well: <c>GET /api/task</c>,
/// <c>GET /api/next?by=NAME</c>, <c>POST /api/answer</c> {id, by, labels, note, skip, decide, duplicates}, <c>POST /api/undo</c> {by},
/// <c>GET /api/state</c>.
/// </summary>
public static class GraftLabelling
{
    private const int MostBytes = 1 << 20;

    /// <summary>
    /// A token that nobody guesses: the 122 random bits of a new GUID, which the system gives and no OpenSSL is needed for.
    /// </summary>
    public static string NewToken() => Guid.NewGuid().ToString("N");

    /// <summary>
    /// Maps the page and the routes. The page asks nothing of other machines, and its content security policy forbids it.
    /// </summary>
    /// <param name="app">An application that listens on this machine only.</param>
    /// <param name="session">The texts.</param>
    /// <param name="page">The token, and what is shown.</param>
    public static WebApplication MapLabelling(this WebApplication app, LabellingSession session, LabellingPage page)
    {
        ArgumentNullException.ThrowIfNull(app);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(page);
        EmbeddedPage html = new("label.html");
        app.MapGet("/", (RequestDelegate)html.WriteAsync);
        app.MapGet("/api/task", Guarded(page, _ => Task.FromResult<JsonNode?>(
                    new JsonObject
                    {
                        ["task"] = page.Task,
                        ["labels"] = Names(session.LabelNames),
                        ["several"] = session.Several,
                        ["texts"] = session.Count,
                        ["command"] = page.Command,
                    }
                )));
        app.MapGet(
            "/api/next",
            Guarded(page, context =>
                Task.FromResult<JsonNode?>(
                    session.Next(context.Request.Query["by"].ToString()) is { } question ? Question(question, session) : null
                )
            )
        );
        app.MapPost(
            "/api/answer",
            Guarded(page, async context => new JsonObject
            {
                ["kept"] = session.Answer(AnswerOf(await BodyAsync(context).ConfigureAwait(false))),
            })
        );
        app.MapPost(
            "/api/undo",
            Guarded(page, async context => new JsonObject
            {
                ["id"] = session.Undo(Text(await BodyAsync(context).ConfigureAwait(false), "by") ?? ""),
            })
        );
        app.MapGet("/api/state", Guarded(page, _ => Task.FromResult<JsonNode?>(State(session.State()))));
        return app;
    }

    /// <summary>
    /// Asks for the token and for a name of this machine (a page elsewhere cannot reach it by a name of its own), and turns refusals into
    /// JSON.
    /// </summary>
    private static RequestDelegate Guarded(LabellingPage page, Func<HttpContext, Task<JsonNode?>> answer) =>
        async context =>
        {
            (int status, JsonNode? body) = (StatusCodes.Status200OK, null);
            string token = context.Request.Headers["X-Graft-Token"].ToString();
            bool here =
                context.Request.Host.Host is "localhost"
                || (IPAddress.TryParse(context.Request.Host.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
            if (!here || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(page.Token)))
            {
                (status, body) = (
                    StatusCodes.Status403Forbidden,
                    Error("the header X-Graft-Token must carry the token of the address that graft label printed")
                );
            }
            else
            {
                try
                {
                    body = await answer(context).ConfigureAwait(false);
                }
                catch (InputException wrong)
                {
                    (status, body) = (StatusCodes.Status400BadRequest, Error(wrong.Message));
                }
                catch (RunFailedException failed)
                {
                    (status, body) = (StatusCodes.Status500InternalServerError, Error(failed.Message));
                }
            }

        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(body?.ToJsonString() ?? "null", context.RequestAborted).ConfigureAwait(false);
    };

    private static JsonObject Error(string message) => new() { ["error"] = message };

    private static async Task<JsonObject> BodyAsync(HttpContext context)
    {
        using MemoryStream body = new();
        byte[] buffer = new byte[1 << 14];
        try
        {
            for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted).ConfigureAwait(false)) > 0;)
            {
                body.Write(buffer, 0, read);
                if (body.Length > MostBytes) throw new InputException($"the body has more than {MostBytes} bytes");
            }

            using JsonDocument document = JsonDocument.Parse(body.GetBuffer().AsMemory(0, (int)body.Length));
            ModelJson.RequireUniqueKeys(document.RootElement);
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InputException("the body must be a JSON object");
            return JsonObject.Create(document.RootElement.Clone())!;
        }
        catch (IOException broken)
        {
            throw new InputException($"the body cannot be read: {broken.Message}", broken);
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException) // the latter: half of a surrogate pair
        {
            throw new InputException($"the body must be a JSON object: {broken.Message}", broken);
        }
    }

    private static LabelAnswer AnswerOf(JsonObject body)
    {
        string[] known = ["id", "by", "labels", "note", "skip", "decide", "duplicates"];
        if (body.Select(pair => pair.Key).FirstOrDefault(key => !known.Contains(key, StringComparer.Ordinal)) is string odd)
            throw new InputException($"{odd} is not known; {string.Join(", ", known)} are");
        List<string> labels = [];
        if (body["labels"] is JsonNode list)
        {
            foreach (JsonNode? label in list as JsonArray ?? throw new InputException("labels must be a list of names"))
                labels.Add(label is null ? throw new InputException("labels must be a list of names") : TextOf(label, "a label"));
        }

        return new LabelAnswer(
            Text(body, "id") ?? throw new InputException("id is missing"),
            Text(body, "by") ?? throw new InputException("by is missing: the name of who answers"),
            labels
        )
        {
            Note = Text(body, "note"), Skip = Flag(body, "skip"), Decide = Flag(body, "decide"), WithDuplicates = Flag(body, "duplicates"),
        };
    }

    private static string? Text(JsonObject body, string key) => body[key] is JsonNode node ? TextOf(node, key) : null;

    private static string TextOf(JsonNode node, string name)
    {
        if (node.GetValueKind() != JsonValueKind.String) throw new InputException($"{name} must be a text");
        try
        {
            return node.GetValue<string>();
        }
        catch (InvalidOperationException broken)
        {
            throw new InputException($"{name} is no valid Unicode (broken UTF-8, or half of a surrogate pair)", broken);
        }
    }

    private static bool Flag(JsonObject body, string key) => body[key] is JsonNode node && node.GetValueKind() switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new InputException($"{key} must be true or false"),
    };

    private static JsonArray Names(IEnumerable<string> names) => [.. names.Select(name => (JsonNode)name)];

    private static JsonObject Question(LabelQuestion question, LabellingSession session) =>
        new()
        {
            ["id"] = question.Id,
            ["text"] = question.Text,
            ["pair"] = question.Pair,
            ["suggested"] = Names(question.Suggested),
            ["random"] = question.Random,
            ["duplicates"] = question.Duplicates,
            ["probabilities"] = new JsonObject(
                session.LabelNames.Zip(question.Probabilities, (name, p) => KeyValuePair.Create(name, (JsonNode?)Math.Round(p, 4)))
            ),
        };

    private static JsonObject State(LabellingState state) =>
        new()
        {
            ["texts"] = state.Texts,
            ["labelled"] = state.Labelled,
            ["embedded"] = state.Embedded,
            ["modelLabels"] = state.ModelLabels,
            ["counts"] = new JsonObject(state.Counts.Select(count => KeyValuePair.Create(count.Key, (JsonNode?)count.Value))),
            ["estimate"] = state.Estimate is null
                ? null
                : new JsonObject
                {
                    ["accuracy"] = state.Estimate.Accuracy.Value,
                    ["low"] = state.Estimate.Accuracy.Low,
                    ["high"] = state.Estimate.Accuracy.High,
                    ["level"] = 0.9,
                    ["randomTexts"] = state.Estimate.RandomTexts,
                    ["gainOfNextHundred"] = state.Estimate.GainOfNextHundred,
                    ["mayStop"] = state.Estimate.MayStop,
                },
            ["doubted"] = new JsonArray([
                .. state.Doubted.Select(doubt =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["id"] = doubt.Id,
                            ["text"] = doubt.Text,
                            ["labels"] = Names(doubt.Labels),
                            ["suggested"] = Names(doubt.Suggested),
                            ["probability"] = Math.Round(doubt.Probability, 4),
                        }
                ),
            ]),
            ["disagreements"] = new JsonArray([
                .. state.Disagreements.Select(open =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["id"] = open.Id,
                            ["text"] = open.Text,
                            ["answers"] = new JsonObject(
                                open.Answers.Select(answer => KeyValuePair.Create(answer.Key, (JsonNode?)Names(answer.Value)))
                            ),
                        }
                ),
            ]),
            ["agreements"] = new JsonArray([
                .. state.Agreements.Select(pair =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["first"] = pair.First,
                            ["second"] = pair.Second,
                            ["texts"] = pair.Texts,
                            ["kappa"] = double.IsNaN(pair.Kappa) ? null : Math.Round(pair.Kappa, 4),
                        }
                ),
            ]),
        };
}
