using System.Globalization;
using Graft.Data.Tagging;

namespace Graft.Data.Checks;

/// <summary>
/// Looks through the data of a task before anything is trained on it: rows that cannot be used, duplicates within and across files,
/// conflicting and rare labels, empty and over-long texts, damaged encoding, tags that break their scheme, answers that are not where they
/// should be. Each with its line and what to do.
/// </summary>
internal static class DataChecks
{
    /// <value>The length from which a text is called long, in tokens, where nothing else is given.</value>
    public const int DefaultMaxLength = 512;

    /// <summary>Checks texts with labels, one or several each.</summary>
    /// <param name="train">The training file.</param>
    /// <param name="evaluation">The file that scores will be measured on; null for none.</param>
    /// <param name="maxLength">The longest input in tokens.</param>
    public static DataReport Classification(
        LabelledTextFile train,
        LabelledTextFile? evaluation = null,
        int maxLength = DefaultMaxLength
    ) => Texts(train, evaluation, maxLength, (a, b) => LabelCheck.Run(Labels(a), b is null ? [] : Labels(b)));

    /// <summary>Checks texts with numbers.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport Regression(LabelledTextFile train, LabelledTextFile? evaluation = null, int maxLength = DefaultMaxLength) =>
        Texts(train, evaluation, maxLength, (a, b) =>
            [
                Findings.Of(
                    "not-numbers",
                    Severity.Error,
                    Both(a, b)
                        .Where(item => !IsNumber(item.Row.Label))
                        .Select(item => new Place(item.Path, item.Row.Line, CheckedText.Quoted(item.Row.Label ?? "")))
                        .ToArray(),
                    n => $"{n} {(n == "1 label" ? "is no number" : "are no numbers")}",
                    "correct them; a decimal point is expected, not a comma",
                    "label",
                    "labels"
                ),
            ]
        );

    /// <summary>Checks texts without labels (causal-lm); a label column is not looked at.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport PlainTexts(LabelledTextFile train, LabelledTextFile? evaluation = null, int maxLength = DefaultMaxLength)
    {
        static LabelledTextFile Bare(LabelledTextFile file) =>
            file with
            {
                Interpretation = file.Interpretation with
                {
                    Pair = null,
                    Label = null,
                    LabelSyntax = null,
                    Labels = new Dictionary<string, long>(StringComparer.Ordinal),
                },
                Rows = [.. file.Rows.Select(row => row with { Labels = [], Pair = null })],
            };
        return Texts(Bare(train), evaluation is null ? null : Bare(evaluation), maxLength, (_, _) => []);
    }

    /// <summary>Checks texts with texts as answers (text-to-text): the answers too may be damaged, too long, or the text itself.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport TextPairs(LabelledTextFile train, LabelledTextFile? evaluation = null, int maxLength = DefaultMaxLength) =>
        Texts(train, evaluation, maxLength, (a, b) =>
            [
                .. TextCheck
                    .Run(Both(a, b).Select(item => new CheckedText(item.Path, item.Row.Line, item.Row.Label ?? "", "")), maxLength)
                    .Select(finding =>
                        finding is null ? null : finding with { Code = "target-" + finding.Code, Summary = "targets: " + finding.Summary }
                    ),
                Findings.Of(
                    "copied-texts",
                    Severity.Note,
                    [
                        .. Both(a, b)
                            .Where(item => item.Row.Label == item.Row.Text.Trim())
                            .Select(item => new Place(item.Path, item.Row.Line, CheckedText.Quoted(item.Row.Text))),
                    ],
                    n => $"{n} {(n == "1 target" ? "is" : "are")} the text itself",
                    "leave them in only where copying is meant",
                    "target",
                    "targets"
                ),
            ]
        );

    /// <summary>Checks pairs, triplets and scored pairs (embedding).</summary>
    /// <param name="train">The training file.</param>
    /// <param name="evaluation">The file that scores will be measured on; null for none.</param>
    /// <param name="maxLength">The longest input in tokens.</param>
    public static DataReport Pairs(LabelledTextFile train, LabelledTextFile? evaluation = null, int maxLength = DefaultMaxLength) =>
        Texts(train, evaluation, maxLength, (a, b) =>
            [
                Findings.Of(
                    "not-numbers",
                    Severity.Error,
                    [
                        .. Both(a, b)
                            .Where(item => item.Row.Label is string label && !IsNumber(label))
                            .Select(item => new Place(item.Path, item.Row.Line, CheckedText.Quoted(item.Row.Label!))),
                    ],
                    n => $"{n} {(n == "1 label" ? "is no number" : "are no numbers")}",
                    "a label of pairs says how similar they are; remove the column where pairs simply belong together",
                    "label",
                    "labels"
                ),
                Findings.Of(
                    "same-text-twice",
                    Severity.Warning,
                    [
                        .. Both(a, b)
                            .Where(item => item.Row.Text.Trim() == item.Row.Pair?.Trim() && item.Row.Label is null)
                            .Select(item => new Place(item.Path, item.Row.Line, CheckedText.Quoted(item.Row.Text))),
                    ],
                    n => $"{n} hold{(n == "1 pair" ? "s" : "")} the same text twice",
                    "nothing is learned from them: remove them",
                    "pair",
                    "pairs"
                ),
                Findings.Of(
                    "empty-texts",
                    Severity.Warning,
                    [
                        .. Both(a, b)
                            .Where(item => item.Row.Text.Trim().Length == 0 != (item.Row.Pair?.Trim().Length == 0))
                            .Select(item => new Place(item.Path, item.Row.Line)),
                    ],
                    n => $"{n} {(n == "1 pair" ? "has" : "have")} one empty text",
                    "fill or remove them",
                    "pair",
                    "pairs"
                ),
            ]
        );

    /// <summary>Checks tagged words.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport Tokens(TokenFile train, TokenFile? evaluation = null, int maxLength = DefaultMaxLength)
    {
        TokenFile[] files = evaluation is null ? [train] : [train, evaluation];
        List<Place> badTags = [];
        foreach (TokenFile file in files)
        {
            foreach (TokenSequence sequence in file.Sequences)
            {
                badTags.AddRange(TagSchemes.Problems(sequence.Tags, train.Scheme).Select(problem =>
                    new Place(file.Path, sequence.LineOf(problem.Index), $"{problem.Problem} (word \"{sequence.Words[problem.Index]}\")")));
            }
        }

        (string, long, string)[] Types(TokenFile file) =>
            file
                .Sequences.SelectMany(sequence =>
                    (
                        file.Scheme == TagScheme.None
                            ? sequence.Tags
                            : TagSchemes.Entities(sequence.Tags, file.Scheme).Select(entity => entity.Type)
                    ).Select(type => (file.Path, sequence.Line, type))
                )
                .ToArray();

        CheckedText[] Items(TokenFile file) =>
            file
                .Sequences.Select(sequence => new CheckedText(
                    file.Path,
                    sequence.Line,
                    sequence.Layout().Text,
                    string.Join(' ', sequence.Tags)
                ))
                .ToArray();
        CheckedText[] trainTexts = Items(train),
            evaluationTexts = evaluation is null ? [] : Items(evaluation);
        return DataReport.Of(
            [
                .. Findings.BadRows(files.SelectMany(file => file.BadRows)),
                Findings.Of(
                    "invalid-tags",
                    Severity.Error,
                    badTags,
                    n => $"{n} break{(n == "1 tag" ? "s" : "")} the scheme {TagSchemes.NameOf(train.Scheme)}",
                    "correct them: entities would begin or end in the wrong place",
                    "tag",
                    "tags"
                ),
                .. TextCheck.Run(trainTexts.Concat(evaluationTexts), maxLength),
                .. DuplicateCheck.Run(trainTexts, evaluationTexts),
                .. LabelCheck.Run(Types(train), evaluation is null ? [] : Types(evaluation), judgesBalance: false),
            ],
            files.Select(file => file.Interpretation));
    }

    /// <summary>Checks questions; wrong answer offsets are among the bad rows.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport Questions(QuestionFile train, QuestionFile? evaluation = null, int maxLength = DefaultMaxLength)
    {
        QuestionFile[] files = evaluation is null ? [train] : [train, evaluation];
        CheckedText[] Items(QuestionFile file) =>
            file
                .Questions.Select(question => new CheckedText(
                    file.Path,
                    question.Line,
                    question.Text + "\n" + question.Context,
                    string.Join(" | ", question.Answers.Select(answer => answer.Text).Distinct(StringComparer.Ordinal))
                ))
                .ToArray();
        CheckedText[] Contexts(QuestionFile file) =>
            file
                .Questions.DistinctBy(question => question.Context, StringComparer.Ordinal)
                .Select(question => new CheckedText(file.Path, question.Line, question.Context, ""))
                .ToArray();
        CheckedText[] contexts = evaluation is null ? [] : Contexts(evaluation);
        HashSet<string> trained = new(train.Questions.Select(question => question.Context), StringComparer.Ordinal);
        return DataReport.Of(
            [
                .. Findings.BadRows(files.SelectMany(file => file.BadRows)),
                Findings.Of(
                    "leaked-texts",
                    Severity.Warning,
                    contexts.Where(context => trained.Contains(context.Text)).Select(context => context.Place()).ToArray(),
                    n => $"{n} of the evaluation also stand{(n == "1 context" ? "s" : "")} in training",
                    "split by article, not by question",
                    "context",
                    "contexts"
                ),
                .. TextCheck.Run(Contexts(train).Concat(contexts), maxLength),
                .. DuplicateCheck.Run(Items(train), []),
            ],
            files.Select(file => file.Interpretation));
    }

    /// <summary>Checks multiple-choice examples.</summary>
    /// <inheritdoc cref="Classification" path="/param"/>
    public static DataReport MultipleChoice(
        MultipleChoiceFile train,
        MultipleChoiceFile? evaluation = null,
        int maxLength = DefaultMaxLength
    )
    {
        MultipleChoiceFile[] files = evaluation is null ? [train] : [train, evaluation];
        CheckedText[] Items(MultipleChoiceFile file) =>
            file
                .Examples.Select(example => new CheckedText(
                    file.Path,
                    example.Line,
                    $"{example.Prompt}\n{example.Question}\n{string.Join('\n', example.Choices)}",
                    example.Label.ToString(CultureInfo.InvariantCulture)
                ))
                .ToArray();
        CheckedText[] trainTexts = Items(train),
            evaluationTexts = evaluation is null ? [] : Items(evaluation);
        return DataReport.Of(
            [
                .. Findings.BadRows(files.SelectMany(file => file.BadRows)),
                Findings.Of(
                    "repeated-choices",
                    Severity.Warning,
                    files
                        .SelectMany(file =>
                            file.Examples.Where(example => example.Choices.Distinct(StringComparer.Ordinal).Count() < example.Choices.Count)
                                .Select(example => new Place(file.Path, example.Line, CheckedText.Quoted(example.Prompt)))
                        )
                        .ToArray(),
                    n => $"{n} offer{(n == "1 example" ? "s" : "")} the same choice twice",
                    "make choices different",
                    "example",
                    "examples"
                ),
                .. TextCheck.Run(trainTexts.Concat(evaluationTexts), maxLength),
                .. DuplicateCheck.Run(trainTexts, evaluationTexts),
            ],
            files.Select(file => file.Interpretation));
    }

    private static DataReport Texts(
        LabelledTextFile train,
        LabelledTextFile? evaluation,
        int maxLength,
        Func<LabelledTextFile, LabelledTextFile?, IEnumerable<Finding?>> ofLabels
    )
    {
        LabelledTextFile[] files = evaluation is null ? [train] : [train, evaluation];
        CheckedText[] trainTexts = Items(train), evaluationTexts = evaluation is null ? [] : Items(evaluation);
        return DataReport.Of(
            [
                .. Findings.BadRows(files.SelectMany(file => file.BadRows)),
                .. TextCheck.Run(trainTexts.Concat(evaluationTexts), maxLength),
                .. DuplicateCheck.Run(trainTexts, evaluationTexts),
                .. ofLabels(train, evaluation),
            ],
            files.Select(file => file.Interpretation));
    }

    private static IEnumerable<(string Path, LabelledText Row)> Both(LabelledTextFile train, LabelledTextFile? evaluation) =>
        train.Rows.Select(row => (train.Path, row)).Concat((evaluation?.Rows ?? []).Select(row => (evaluation!.Path, row)));

    private static bool IsNumber(string? label) =>
        double.TryParse(label, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value);

    private static CheckedText[] Items(LabelledTextFile file) =>
        file
            .Rows.Select(row => new CheckedText(
                file.Path,
                row.Line,
                row.Pair is null ? row.Text : $"{row.Text}\n{row.Pair}",
                string.Join(", ", row.Labels)
            ))
            .ToArray();

    private static (string, long, string)[] Labels(LabelledTextFile file) =>
        file.Rows.SelectMany(row => row.Labels.Select(label => (file.Path, row.Line, label))).ToArray();
}
