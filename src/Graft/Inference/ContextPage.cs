using System.Globalization;
using Graft.Reports;
using Graft.Reports.Plots;

namespace Graft.Inference;

/// <summary>A comparison of contextual vectors with a static one as a page.</summary>
internal static class ContextPage
{
    /// <summary>The page.</summary>
    public static Report Of(ContextComparison comparison, string model)
    {
        string[] names = [.. comparison.Occurrences.Select(occurrence => occurrence.Sentence)];
        ReportTable sentences = new(
            "Where the word stands",
            ["", "sentence", "similarity to the static vector"],
            [
                .. comparison.Occurrences.Select(
                    (occurrence, i) =>
                        (IReadOnlyList<string>)
                            [(i + 1).ToString(CultureInfo.InvariantCulture), occurrence.Sentence, Cosine(occurrence.ToStatic)]
                ),
            ],
            2
        );
        return new Report($"“{comparison.Word}” in context", model)
            .Add(
                new ReportSection(
                    "One word, several vectors",
                    [
                        new Paragraph(
                            $"A static table gives “{comparison.Word}” one vector wherever it stands: any two places are alike to "
                                + $"1.00. A Transformer computes a vector for each place from the whole sentence."
                        ),
                        sentences,
                        new PlotBlock(
                            new SimilarityGrid("Similarity (cosine) of the contextual vectors", names, comparison.Similarities),
                            new PointMap(
                                "The contextual vectors from where they differ most",
                                "first principal component",
                                "second",
                                [.. comparison.Map.Zip(names, (point, name) => (point.X, point.Y, name))]
                            )
                        ),
                    ]
                )
            )
            .Add(
                new ReportSection(
                    "Layer by layer",
                    [
                        new Paragraph(
                            "The mean similarity of two places after the embeddings and after each layer: 1 would be a static vector."
                        ),
                        new PlotBlock(
                            new LinePlot(
                                "Mean similarity of two places",
                                "layer",
                                "cosine",
                                [LineSeries.Of(comparison.Word, comparison.ByLayer.Select((value, layer) => ((double)layer, value)))]
                            )
                        ),
                    ]
                )
            );
    }

    private static string Cosine(double? value) => value is double cosine ? cosine.ToString("0.00", CultureInfo.InvariantCulture) : "–";
}
