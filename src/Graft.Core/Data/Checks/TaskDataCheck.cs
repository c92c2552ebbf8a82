namespace Graft.Data.Checks;

/// <summary>What to check, as the command line and training ask for it.</summary>
public sealed record DataCheckOptions
{
    /// <summary>The length from which a text is called long, in tokens, where nothing else is given.</summary>
    public const int DefaultMaxLength = DataChecks.DefaultMaxLength;

    /// <value>The task's name: <c>text-classification</c>, <c>token-classification</c> …</value>
    public required string Task { get; init; }

    /// <value>The training file.</value>
    public required string Train { get; init; }

    /// <value>The file that scores will be measured on; null for none.</value>
    public string? Evaluation { get; init; }

    /// <value>Which columns hold what.</value>
    public ColumnOptions Columns { get; init; } = new();

    /// <value>The longest input in tokens.</value>
    public int MaxLength { get; init; } = DefaultMaxLength;
}

/// <summary>Reads the files of a task and checks them.</summary>
public static class TaskDataCheck
{
    private static readonly Dictionary<string, Func<DataCheckOptions, DataReport>> s_tasks = new(StringComparer.Ordinal)
    {
        ["text-classification"] = options => Texts(options, options.Columns, DataChecks.Classification),
        ["text-pair-classification"] = options => Texts(options, options.Columns with { RequirePair = true }, DataChecks.Classification),
        ["multi-label-classification"] = options => Texts(options, options.Columns with { MultiLabel = true }, DataChecks.Classification),
        ["regression"] = options => Texts(options, options.Columns with { Answer = AnswerKind.Number }, DataChecks.Regression),
        ["text-to-text"] = options => Texts(options, options.Columns with { Answer = AnswerKind.Text }, DataChecks.TextPairs),
        ["causal-lm"] = options => Texts(options, options.Columns with { RequireLabel = false }, DataChecks.PlainTexts),
        ["embedding"] = options =>
            Texts(options, options.Columns with { RequireLabel = false, RequirePair = true, Answer = AnswerKind.Number }, DataChecks.Pairs),
        ["token-classification"] = options =>
            Both(
                options,
                options.Columns,
                (path, columns) =>
                    TokenReader.Read(
                        path,
                        new TokenColumnOptions
                        {
                            Word = columns.Text,
                            Tag = columns.Label,
                            File = columns,
                        }
                    ),
                file => file.Interpretation,
                DataChecks.Tokens
            ),
        ["question-answering"] = options =>
            Both(
                options,
                options.Columns,
                (path, columns) => QuestionReader.Read(path, options: columns),
                file => file.Interpretation,
                DataChecks.Questions
            ),
        ["multiple-choice"] = options =>
            Both(
                options,
                options.Columns,
                (path, columns) => MultipleChoiceReader.Read(path, options: columns),
                file => file.Interpretation,
                DataChecks.MultipleChoice
            ),
    };

    /// <summary>The names of the tasks.</summary>
    public static IEnumerable<string> Tasks => s_tasks.Keys;

    /// <summary>Checks the files.</summary>
    /// <exception cref="InputException">The task is unknown, or a file cannot be read at all.</exception>
    public static DataReport Run(DataCheckOptions options) =>
        s_tasks.TryGetValue(options.Task, out Func<DataCheckOptions, DataReport>? check)
            ? check(options)
            : throw new InputException($"`task` {options.Task}: unknown; choose one of {string.Join(", ", s_tasks.Keys)}");

    private static DataReport Texts(
        DataCheckOptions options,
        ColumnOptions columns,
        Func<LabelledTextFile, LabelledTextFile?, int, DataReport> check
    ) => Both(options, columns, LabelledTextReader.Read, file => file.Interpretation, check);

    /// <summary>Reads the training file, and the other as it was read.</summary>
    private static DataReport Both<T>(
        DataCheckOptions options,
        ColumnOptions columns,
        Func<string, ColumnOptions, T> read,
        Func<T, Interpretation> interpretation,
        Func<T, T?, int, DataReport> check
    )
        where T : class
    {
        T train = read(options.Train, columns with { Part = DataPart.Training });
        return check(
            train,
            options.Evaluation is null
                ? null
                : read(options.Evaluation, columns with { Part = DataPart.Evaluation, Trained = interpretation(train) }),
            options.MaxLength
        );
    }
}
