using System.Globalization;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Inference;

/// <summary>
/// Pairs of a file with the cosine similarity of their vectors and, where the file has numbers beside them, how well the two agree.
/// </summary>
/// <param name="Pairs">The rows.</param>
/// <param name="Similarities">The cosines, −1 … 1, in the rows' order.</param>
/// <param name="Spearman">Rank correlation with the file's numbers; null where it has none.</param>
/// <param name="Pearson">Linear correlation with them.</param>
/// <param name="BadRows">Rows that were left out, with the reason.</param>
/// <param name="Cut">Texts that were longer than the limit.</param>
public sealed record TextSimilarity(
    IReadOnlyList<LabelledText> Pairs,
    IReadOnlyList<double> Similarities,
    double? Spearman,
    double? Pearson,
    IReadOnlyList<BadRow> BadRows,
    int Cut
)
{
    /// <summary>Compares the pairs of a file.</summary>
    /// <param name="embedder">Makes the vectors.</param>
    /// <param name="path">CSV, TSV, JSON Lines or Parquet with two text columns, and a column of numbers at will.</param>
    /// <param name="columns">The columns; found by name and content otherwise.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">The file is missing or damaged, has no second text column, or a label that is no
    /// number.</exception>
    public static TextSimilarity OfFile(
        Embedder embedder,
        string path,
        ColumnOptions? columns = null,
        CancellationToken cancellationToken = default
    )
    {
        LabelledTextFile file = LabelledTextReader.Read(
            path,
            (columns ?? new ColumnOptions()) with
            {
                RequirePair = true,
                RequireLabel = false,
                Answer = AnswerKind.Number,
            }
        );
        double[]? truth = file.LabelColumns.Count == 0 ? null : [.. file.Rows.Select(row => Number(path, row))];
        (double[] similarities, int cut) = Of(embedder, [.. file.Rows.Select(row => (row.Text, row.Pair!))], cancellationToken);
        return new TextSimilarity(
            file.Rows, similarities,
            truth is null ? null : SpearmanCorrelation.Of(truth, similarities),
            truth is null ? null : PearsonCorrelation.Of(truth, similarities),
            file.BadRows, cut);
    }

    /// <summary>The cosine similarities of pairs, in their order, and how many of the texts were cut.</summary>
    public static (double[] Similarities, int Cut) Of(
        Embedder embedder,
        IReadOnlyList<(string First, string Second)> pairs,
        CancellationToken cancellationToken = default
    )
    {
        TextEmbeddings vectors = embedder.Embed(
            [.. pairs.Select(pair => pair.First), .. pairs.Select(pair => pair.Second)],
            cancellationToken
        );
        return ([.. pairs.Select((_, i) => Embedder.Cosine(vectors.Vectors[i], vectors.Vectors[pairs.Count + i]))], vectors.Cut);
    }

    private static double Number(string path, LabelledText row) =>
        double.TryParse(row.Label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value)
            ? value
            : throw new InputException(
                $"{path}: line {row.Line}: \"{row.Label}\" is no number; similarity is compared with a column of numbers"
            );
}
