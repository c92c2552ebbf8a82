using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Inference;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft similarity</c>: how alike two texts are, or the pairs of a file; with numbers beside them, how well the model agrees.
/// </summary>
internal static class SimilarityCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a sentence-embedding model, or any other");
        Option<string?> text = CommonFlags.Text.Optional<string?>("the first of the two; --input otherwise");
        Option<string?> pair = CommonFlags.Pair.Optional<string?>("--input otherwise");
        Option<string?> input = CommonFlags.Input.Optional<string?>(
            "pairs of texts; a column of numbers gives Spearman's and Pearson's correlation; --text and --pair otherwise");
        ReadingFlags reading = new();
        EmbeddingFlags embedding = new();
        Option<bool> json = CommonFlags.Json();
        Command command = new("similarity", "Cosine similarity of texts.") { model, text, pair, input, json, OptionSources.ConfigOption() };
        reading.AddTo(command);
        embedding.AddTo(command);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                (string? first, string? second, string? file) = (parsed.GetValue(text), parsed.GetValue(pair), parsed.GetValue(input));
                if (file is null == (first is null || second is null))
                    throw new InputException("give either --text and --pair, or --input");
                if (file is not null && !File.Exists(file))
                    throw new InputException($"{file} does not exist");
                using Embedder embedder = Embedder.Load(ModelFlag.Locate(parsed, model, cancellationToken), embedding.Options(parsed));
                foreach (string note in embedder.Notes)
                    Terminal.Log(note);
                if (file is null)
                    Print(
                        first!,
                        second!,
                        TextSimilarity.Of(embedder, [(first!, second!)], cancellationToken).Similarities[0],
                        parsed.GetValue(json)
                    );
                else
                    Print(TextSimilarity.OfFile(embedder, file, reading.Options(parsed), cancellationToken), parsed.GetValue(json));
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static void Print(string first, string second, double similarity, bool json)
    {
        if (json) Terminal.Json(new JsonObject { ["text"] = first, ["pair"] = second, ["similarity"] = similarity });
        else Terminal.Out(similarity.ToString("0.0000", CultureInfo.InvariantCulture));
    }

    private static void Print(TextSimilarity result, bool json)
    {
        foreach (BadRow row in result.BadRows) Terminal.Log($"left out: {row}");
        if (result.Cut > 0) Terminal.Log($"{result.Cut} texts were longer than the limit and were cut");
        if (json)
        {
            Terminal.Json(new JsonObject
            {
                ["pairs"] = result.Pairs.Count,
                ["spearman"] = Finite(result.Spearman),
                ["pearson"] = Finite(result.Pearson),
                ["similarities"] = new JsonArray([.. result.Similarities.Select(value => (JsonNode)value)]),
            });
            return;
        }

        for (int i = 0; i < result.Pairs.Count; i++)
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Similarities[i]:0.0000}\t{result.Pairs[i].Text}\t{result.Pairs[i].Pair}"
                )
            );
        if (result.Spearman is not null)
            Terminal.Log(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{result.Pairs.Count} pairs: Spearman {result.Spearman:0.0000}, Pearson {result.Pearson:0.0000}"
                )
            );
    }

    private static JsonValue? Finite(double? value) => value is double number && double.IsFinite(number) ? JsonValue.Create(number) : null;
}
