using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Graft.Generation;
using Graft.Inference;
using Graft.Serving.Http;
using Graft.Serving.Models;
using Microsoft.AspNetCore.Http;

namespace Graft.Serving.Routes;

/// <summary>
/// <c>/v1/graft/generate</c>: text that a model writes, whole or as server-sent events. It is written on the compute thread, which computes
/// waiting batches between its steps;
/// beam search has no steps to look into and holds the thread until it is done.
/// </summary>
internal static class WritingRoutes
{
    private const int MostStops = 16, MostBeams = 16;

    public static void Map(RouteTable routes) => routes.Post("/v1/graft/generate", ErrorShape.OpenAi, GenerateAsync);

    private static async Task GenerateAsync(ServingRequest request)
    {
        using WritingModel model = request.Models.Hold<WritingModel>(request.ModelName, _ => true, "a model that writes");
        string prompt = request.Body.Text("prompt");
        GenerationOptions options = OptionsOf(request, model);
        string[] stops = StopsOf(request.Body);
        bool isStreamed = request.Body.Flag("stream", false);
        request.Body.RequireNothingElse();
        int tokens = model.Tokenizer.EncodeIds(prompt).Length;
        if (tokens > model.MaxLength)
            throw RequestException.TooLarge(FormattableString.Invariant($"{tokens} tokens; {model.MaxLength} are read"), "prompt");

        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        GeneratedText? written = null;
        void Write()
        {
            try
            {
                written = model.Generator.Generate(prompt, options, stops, options.NumBeams > 1 ? null : piece =>
                {
                    pieces.Writer.TryWrite(piece);
                    request.Queue.LetOthersCompute();
                }, request.Aborted);
                pieces.Writer.TryComplete();
            }
            catch (Exception failure)
            {
                pieces.Writer.TryComplete(failure);
                throw;
            }
        }

        Task writing = request.Queue.RunAsync(Write, tokens + options.NewTokensAfter(tokens), request.Aborted);
        if (isStreamed) await StreamAsync(request, model, pieces.Reader, writing, () => written!).ConfigureAwait(false);
        else await writing.ConfigureAwait(false);
        if (isStreamed) return;
        await request.AnswerAsync(json =>
        {
            json.WriteStartObject();
            json.WriteString("model", model.Name);
            json.WriteString("text", written!.Text);
            WriteEnd(json, written, tokens);
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>An event a piece ({"text"}), one at the end ({"finish", "usage"}), and <c>[DONE]</c>.</summary>
    private static async Task StreamAsync(
        ServingRequest request,
        WritingModel model,
        ChannelReader<string> pieces,
        Task writing,
        Func<GeneratedText> written
    )
    {
        // What is refused is refused before the answer begins.
        Task<bool> first = pieces.WaitToReadAsync(request.Aborted).AsTask();
        if (await Task.WhenAny(first, writing).ConfigureAwait(false) == writing) await writing.ConfigureAwait(false);
        await first.ConfigureAwait(false);
        HttpResponse response = request.Context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache";
        await foreach (string piece in pieces.ReadAllAsync(request.Aborted).ConfigureAwait(false))
        {
            await EventAsync(response, json =>
            {
                json.WriteString("model", model.Name);
                json.WriteString("text", piece);
            }).ConfigureAwait(false);
        }

        await writing.ConfigureAwait(false);
        GeneratedText whole = written();
        await EventAsync(response, json =>
        {
            json.WriteString("model", model.Name);
            WriteEnd(json, whole, model.Tokenizer.EncodeIds(whole.Prompt).Length);
        }).ConfigureAwait(false);
        await response.WriteAsync("data: [DONE]\n\n", request.Aborted).ConfigureAwait(false);
    }

    private static async Task EventAsync(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> bytes = new();
        bytes.Write("data: "u8);
        using (Utf8JsonWriter json = new(bytes))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        bytes.Write("\n\n"u8);
        await response.Body.WriteAsync(bytes.WrittenMemory, response.HttpContext.RequestAborted).ConfigureAwait(false);
        await response.Body.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    private static void WriteEnd(Utf8JsonWriter json, GeneratedText written, int promptTokens)
    {
        json.WriteString("finish", written.Finish);
        json.WriteStartObject("usage");
        json.WriteNumber("prompt_tokens", promptTokens);
        json.WriteNumber("completion_tokens", written.Tokens.Count);
        json.WriteNumber("total_tokens", promptTokens + written.Tokens.Count);
        json.WriteEndObject();
    }

    private static GenerationOptions OptionsOf(ServingRequest request, WritingModel model)
    {
        RequestBody body = request.Body;
        GenerationOptions options = model.Generator.Defaults with { NumReturnSequences = 1 };
        double? temperature = body.OptionalNumber("temperature", 0, 10),
            topP = body.OptionalNumber("top_p", 0, 1);
        int? topK = body.OptionalInteger("top_k", 0, int.MaxValue),
            seed = body.OptionalInteger("seed", 0, int.MaxValue);
        if (body.OptionalInteger("max_tokens", 1, request.Options.MaxTextTokens) is int most)
            options = options with { MaxNewTokens = most, MaxLength = null };
        if (body.OptionalInteger("num_beams", 1, MostBeams) is int beams)
            options = options with { NumBeams = beams };
        if (temperature is 0)
            options = options with { DoSample = false };
        else if (temperature is double heat)
            options = options with { DoSample = true, Temperature = (float)heat };
        if (topP is double share)
            options = options with { DoSample = temperature is not 0, TopP = (float)share };
        if (topK is int kept)
            options = options with { DoSample = temperature is not 0, TopK = kept };
        if (seed is int number)
            options = options with { Seed = (ulong)number };
        options.Validate();
        return options;
    }

    private static string[] StopsOf(RequestBody body)
    {
        if (!body.Has("stop")) return [];
        string[] stops = body.Required("stop").ValueKind == JsonValueKind.Array ? body.Texts("stop", MostStops) : [body.Text("stop")];
        return Array.TrueForAll(stops, stop => stop.Length > 0)
            ? stops
            : throw RequestException.Invalid("stop", "an empty text would end every answer at once");
    }
}
