using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Inference;

namespace Graft.Cli;

/// <summary>Shows a comparison of contextual vectors with a static one: as lines with a small plot, as JSON.</summary>
internal static class ContextView
{
    private const int BarWidth = 30;
    private const string Shades = " ░▒▓█";

    public static void Print(ContextComparison comparison)
    {
        IReadOnlyList<WordInContext> occurrences = comparison.Occurrences;
        Terminal.Out($"\"{comparison.Word}\" in {occurrences.Count} places; a static table gives all of them one vector (similarity 1.00)");
        for (int i = 0; i < occurrences.Count; i++)
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {i + 1, 2}  to static {Cosine(occurrences[i].ToStatic), 5}   {occurrences[i].Sentence}"
                )
            );
        Terminal.Out("");
        Terminal.Out("Similarity of its contextual vectors");
        Terminal.Out(
            "      "
                + string.Concat(Enumerable.Range(1, occurrences.Count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i, 7}")))
        );
        for (int i = 0; i < occurrences.Count; i++)
        {
            Terminal.Out(
                string.Create(CultureInfo.InvariantCulture, $"  {i + 1, 2}  ")
                    + string.Concat(
                        Enumerable
                            .Range(0, occurrences.Count)
                            .Select(j =>
                                string.Create(
                                    CultureInfo.InvariantCulture,
                                    $"  {Shade(comparison.Similarities[i, j])}{comparison.Similarities[i, j]:0.00}"
                                )
                            )
                    )
            );
        }

        Terminal.Out("");
        Terminal.Out("Mean similarity of two places, layer by layer (1 is static)");
        for (int layer = 0; layer < comparison.ByLayer.Count; layer++)
        {
            double value = comparison.ByLayer[layer];
            string bar = new('█', (int)Math.Round(BarWidth * Math.Clamp(value, 0, 1)));
            Terminal.Out(
                string.Create(CultureInfo.InvariantCulture, $"  {(layer == 0 ? "embeddings" : $"layer {layer}"), -10} {value:0.00} {bar}")
            );
        }
    }

    public static JsonObject Document(ContextComparison comparison) =>
        new()
        {
            ["word"] = comparison.Word,
            ["static_similarity"] = 1.0,
            ["occurrences"] = new JsonArray([
                .. comparison.Occurrences.Select(occurrence =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["sentence"] = occurrence.Sentence,
                            ["start"] = occurrence.Start,
                            ["to_static"] = occurrence.ToStatic,
                        }
                ),
            ]),
            ["similarities"] = new JsonArray([
                .. Enumerable
                    .Range(0, comparison.Occurrences.Count)
                    .Select(i =>
                        (JsonNode)
                            new JsonArray([
                                .. Enumerable.Range(0, comparison.Occurrences.Count).Select(j => (JsonNode)comparison.Similarities[i, j]),
                            ])
                    ),
            ]),
            ["by_layer"] = new JsonArray([.. comparison.ByLayer.Select(value => (JsonNode)value)]),
            ["map"] = new JsonArray([.. comparison.Map.Select(point => (JsonNode)new JsonArray(point.X, point.Y))]),
        };

    private static char Shade(double value) => Shades[(int)Math.Round((Shades.Length - 1) * Math.Clamp(value, 0, 1))];

    private static string Cosine(double? value) => value is double cosine ? cosine.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
