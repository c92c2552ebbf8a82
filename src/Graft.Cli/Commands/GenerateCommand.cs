using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Generation;
using Graft.Inference;
using Graft.Torch.Compute;

namespace Graft.Cli.Commands;

/// <summary><c>graft generate</c>: GPT-2 goes on from a prompt, T5 answers it; on a terminal the text appears as it is written.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a GPT-2 or T5 model");
        TextInput texts = new();
        GenerationFlags generation = new();
        Option<int> batch = CommonFlags.BatchSize.WithDefault(8, "prompts of a file");
        Option<int?> threads = CommonFlags.Threads();
        Option<bool> json = CommonFlags.Json("one document for --text, a line for each text of a file");
        Command command = new("generate", "Write text.") { model };
        texts.AddTo(command);
        generation.AddTo(command);
        foreach (Option option in new Option[] { batch, threads, json, OptionSources.ConfigOption() })
            command.Options.Add(option);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                if (parsed.GetValue(batch) < 1)
                    throw new InputException("--batch-size must be at least 1");
                IEnumerable<string> prompts = texts.Read(parsed);
                ComputeContext compute = new() { Threads = parsed.GetValue(threads) };
                using TextGenerator generator = TextGenerator.Load(ModelFlag.Locate(parsed, model, cancellationToken), compute);
                foreach (string note in generator.Notes)
                    Terminal.Log(note);
                GenerationOptions options = generation.Options(parsed, generator.Defaults);
                options.Validate();
                IReadOnlyList<string> stop = generation.Stop(parsed);
                bool isStream = texts.IsStream(parsed),
                    streams = !isStream && !parsed.GetValue(json) && options.NumBeams == 1;
                if (streams)
                {
                    foreach (string prompt in prompts)
                        Stream(generator, prompt, options, stop, cancellationToken);
                    return Task.FromResult(ExitCodes.Ok);
                }

                IEnumerable<GeneratedText> written = prompts
                    .Chunk(isStream ? parsed.GetValue(batch) : int.MaxValue)
                    .SelectMany(chunk => generator.Generate(chunk, options, stop, cancellationToken: cancellationToken))
                    .SelectMany(candidates => candidates);
                Print(written, parsed.GetValue(json), isStream);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    /// <summary>The text as it is written, in pieces on a terminal and whole in a file or pipe.</summary>
    private static void Stream(
        TextGenerator generator,
        string prompt,
        GenerationOptions options,
        IReadOnlyList<string> stop,
        CancellationToken cancellationToken
    )
    {
        generator.Generate(prompt, options, stop, piece =>
        {
            Console.Out.Write(piece);
            Console.Out.Flush();
        }, cancellationToken);
        Console.Out.WriteLine();
    }

    private static void Print(IEnumerable<GeneratedText> texts, bool json, bool isStream)
    {
        if (json && !isStream)
        {
            JsonObject[] documents = [.. texts.Select(text => text.ToJson())];
            Terminal.Json(documents.Length == 1 ? documents[0] : new JsonArray([.. documents]));
            return;
        }

        foreach (GeneratedText text in texts)
        {
            if (json) Terminal.JsonLine(text.ToJson());
            else Terminal.Out(text.Text);
        }
    }
}
