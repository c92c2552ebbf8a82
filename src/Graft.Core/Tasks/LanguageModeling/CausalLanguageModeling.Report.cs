using Graft.Backbones;
using Graft.Evaluation;
using Graft.Reports;

namespace Graft.Tasks.LanguageModeling;

/// <content>The task's own part of the report.</content>
public sealed partial record CausalLanguageModeling
{
    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IEnumerable<(LanguageModelPrediction Text, int Example)> surprising = predictions
            .Cast<LanguageModelPrediction>()
            .Select((text, i) => (text, i))
            .Where(item => item.text.Tokens > 0)
            .OrderByDescending(item => item.text.Scores.Loss)
            .Take(12);
        yield return new ReportSection(
            "Texts that surprised most",
            [
                new ReportTable(
                    "The highest loss a token first",
                    ["text", "perplexity", "tokens"],
                    [
                        .. surprising.Select(item =>
                            (IReadOnlyList<string>)
                                [data.TextOf(item.Example), Format.Number(item.Text.Scores.Perplexity), Format.Count(item.Text.Tokens)]
                        ),
                    ],
                    NumericFrom: 1
                ),
            ]
        );
    }
}
