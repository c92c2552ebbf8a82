using System.CommandLine;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft embed</c>: texts to vectors; with <c>--compare-static</c>, one word's contextual vectors beside its one static vector.
/// </summary>
internal static class EmbedCommand
{
    private const int TextsAtOnce = 2048;
    private const string UsualWord = "bank";

    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a sentence-embedding model, or any other");
        TextInput texts = new();
        EmbeddingFlags embedding = new();
        ShardFlags shards = new();
        AnswerPrecisionFlag precision = new();
        Option<string?> output = CommonFlags.Output.Optional<string?>(
            $"vectors as {string.Join(", ", EmbeddingWriter.Extensions)}; JSON Lines on stdout otherwise. With --compare-static a page, "
                + ".html; with --shard a folder",
            "FILE");
        Option<string?> compare = new("--compare-static")
        {
            Description =
                $"The word whose vectors in the sentences given (in six about {UsualWord}s otherwise) are compared with its one static "
                    + "vector.",
            HelpName = "WORD",
            Arity = ArgumentArity.ZeroOrOne,
        };
        Option<bool> json = CommonFlags.Json();
        Command command = new("embed", "Turn texts into vectors.") { model };
        texts.AddTo(command);
        embedding.AddTo(command);
        shards.AddTo(command);
        precision.AddTo(command);
        foreach (Option option in new Option[] { output, compare, json, OptionSources.ConfigOption() })
            command.Options.Add(option);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                string? target = parsed.GetValue(output);
                IComputeOptions? compute = precision.Of(parsed);
                if (compute is not null && parsed.GetResult(compare) is { Implicit: false })
                    throw new InputException("give --precision or --compare-static, not both");
                if (parsed.GetResult(compare) is { Implicit: false })
                {
                    Compare(
                        ModelFlag.Locate(parsed, model, cancellationToken),
                        parsed.GetValue(compare) ?? UsualWord,
                        texts.IsEmpty(parsed) ? ContextComparison.BankSentences : [.. texts.Read(parsed)],
                        target,
                        parsed.GetValue(json)
                    );
                    return Task.FromResult(ExitCodes.Ok);
                }

                string folder = ModelFlag.Locate(parsed, model, cancellationToken);
                Embedder Load()
                {
                    Embedder loaded = Embedder.Load(folder, embedding.Options(parsed) with { Compute = compute });
                    foreach (string note in loaded.Notes)
                        Terminal.Log(note);
                    if (loaded.UnusedPrompts.Count > 0)
                        Terminal.Log(
                            $"this model has prompts ({string.Join(", ", loaded.UnusedPrompts)}); none is used: --prompt-name NAME "
                                + $"puts one before every text"
                        );
                    return loaded;
                }

                if (shards.Of(parsed, texts.File(parsed), target) is InputShard shard)
                {
                    ShardFlags.Write(parsed, shard, folder, texts.File(parsed)!, target!, () =>
                        Lines(Load(), bad => texts.Rows(parsed, shard, bad), cancellationToken)
                    );
                    return Task.FromResult(ExitCodes.Ok);
                }

                if (
                    target is not null
                    && !EmbeddingWriter.Extensions.Contains(Path.GetExtension(target).ToLowerInvariant(), StringComparer.Ordinal)
                )
                    throw new InputException($"--output {target}: one of {string.Join(", ", EmbeddingWriter.Extensions)} is expected");
                IEnumerable<string> lines = texts.Read(parsed);
                using Embedder embedder = Load();
                Embed(embedder, lines, target, parsed.GetValue(json), cancellationToken);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static IEnumerable<PartLine> Lines(
        Embedder embedder,
        Func<Action<BadRow>, IEnumerable<LabelledText>> read,
        CancellationToken cancellationToken
    )
    {
        using Embedder held = embedder;
        List<BadRow> failures = [];
        foreach (LabelledText[] batch in read(failures.Add).Chunk(TextsAtOnce))
        {
            IReadOnlyList<float[]> vectors = embedder.Embed([.. batch.Select(row => row.Text)], cancellationToken).Vectors;
            for (int i = 0; i < batch.Length; i++) yield return new PartLine(EmbeddingWriter.Line(batch[i].Text, vectors[i]), null);
            foreach (BadRow failure in failures) yield return new PartLine(null, failure);
            failures.Clear();
        }

        foreach (BadRow failure in failures) yield return new PartLine(null, failure);
    }

    private static void Embed(Embedder embedder, IEnumerable<string> texts, string? target, bool json, CancellationToken cancellationToken)
    {
        int count = 0, cut = 0;
        IEnumerable<(IReadOnlyList<string>, IReadOnlyList<float[]>)> Batches()
        {
            foreach (string[] batch in texts.Chunk(TextsAtOnce))
            {
                TextEmbeddings embedded = embedder.Embed(batch, cancellationToken);
                (count, cut) = (count + batch.Length, cut + embedded.Cut);
                yield return (batch, embedded.Vectors);
            }
        }

        if (target is not null) EmbeddingWriter.Write(target, Batches());
        else if (json) Terminal.Json(Document(embedder, Batches()));
        else Print(Batches());
        if (cut > 0) Terminal.Log($"{cut} of {count} texts were longer than {embedder.MaxLength} tokens and were cut");
        if (target is not null) Terminal.Log($"{count} texts, {embedder.Dimensions} numbers each: {target}");
    }

    private static void Print(IEnumerable<(IReadOnlyList<string> Texts, IReadOnlyList<float[]> Vectors)> batches)
    {
        foreach ((IReadOnlyList<string> texts, IReadOnlyList<float[]> vectors) in batches)
        {
            for (int i = 0; i < texts.Count; i++) Terminal.Out(EmbeddingWriter.Line(texts[i], vectors[i]));
        }
    }

    private static JsonObject Document(
        Embedder embedder,
        IEnumerable<(IReadOnlyList<string> Texts, IReadOnlyList<float[]> Vectors)> batches
    ) =>
        new()
        {
            ["dimensions"] = embedder.Dimensions,
            ["pooling"] = string.Join('+', embedder.Poolings).ToLowerInvariant(),
            ["normalized"] = embedder.Normalizes,
            ["embeddings"] = new JsonArray([
                .. batches.SelectMany(batch =>
                    batch.Texts.Zip(batch.Vectors, (text, vector) =>
                        (JsonNode)
                            new JsonObject { ["text"] = text, ["embedding"] = new JsonArray([.. vector.Select(value => (JsonNode)value)]) }
                    )
                ),
            ]),
        };

    private static void Compare(string folder, string word, IReadOnlyList<string> sentences, string? page, bool json)
    {
        if (page is not null && !page.EndsWith(".html", StringComparison.OrdinalIgnoreCase))
            throw new InputException($"--output {page}: with --compare-static a page is written, .html is expected");
        ContextComparison comparison = ContextComparison.Load(folder, word, sentences);
        if (json) Terminal.Json(ContextView.Document(comparison));
        else ContextView.Print(comparison);
        if (page is null) return;
        comparison.WritePage(page, Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)));
        Terminal.Log(page);
    }
}
