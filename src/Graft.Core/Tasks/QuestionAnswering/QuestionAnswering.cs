using System.Numerics.Tensors;
using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Tokenizers;

namespace Graft.Tasks.QuestionAnswering;

/// <summary>
/// The answer as a part of a text (Devlin et al. 2019, §4.2 and §4.3): question and context in overlapping windows, a start and an end score
/// for every token. Windows without the answer learn (0, 0); answers are ranked by the sum of raw scores over all windows.
/// </summary>
public sealed record QuestionAnswering : FineTuningTask
{
    private static readonly string[] s_questionWords = ["what", "who", "whom", "whose", "when", "where", "which", "how", "why"];
    private static readonly SpanTarget s_outside = new(0, 0);
    private const int DefaultStride = 64, BestPositions = 20, BestAnswers = 20, LongestAnswer = 30;

    /// <inheritdoc/>
    public override string Name => "question-answering";

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.QuestionAnswering;

    /// <inheritdoc/>
    public override string MainMetric => "f1";

    /// <summary>The text may leave a question unanswered: then "no answer" wins where its score is above the best answer's by this much. Null: every question has an answer.</summary>
    public double? NoAnswerThreshold => Decisions.NoAnswerThreshold;

    /// <inheritdoc/>
    public override FineTuningTask WithLabels(IReadOnlyList<string> labels) => this;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train) =>
        ((QuestionData)train).HasUnanswerable ? this with { Decisions = Decisions with { NoAnswerThreshold = NoAnswerThreshold ?? 0 } } : this;

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled)
    {
        QuestionFile file = QuestionReader.Read(path, labelled, columns);
        return new QuestionData(path, file.Questions, file.BadRows) { Reading = file.Interpretation };
    }

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(
            (file, options, onBad, onRead) => QuestionReader.Stream(file, requireAnswers: false, onBad, options, onRead), path, columns, examples, onBadRow,
            (questions, read) => new QuestionData(path, questions, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) => new QuestionData(
        "text",
        [.. texts.Select((text, i) => new Question
        {
            Id = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture),
            Row = i + 1,
            Text = text.Text,
            Context = text.Pair ?? throw new InputException("question answering needs the question and the text that may answer it (--text QUESTION --pair TEXT)"),
        })],
        []);

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction)
    {
        Question question = ((QuestionData)data).Questions[example];
        return SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], prediction.Answer).F1;
    }

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        QuestionData questions = (QuestionData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0, answers = 0, lostAnswers = 0;
        for (int example = 0; example < questions.Count; example++)
        {
            Question question = questions.Questions[example];
            string asked = question.Text.TrimStart();
            int length = tokenizer.Encode(asked).Length, room = options.MaxLength - length - 2;
            if (room < 8) throw new InputException($"{questions.PlaceOf(example)}: the question has {length} tokens, which leaves no room for the text; raise --max-length ({options.MaxLength})");
            TokenizedText first = tokenizer.Encode(asked, question.Context, new EncodeOptions
            {
                MaxLength = options.MaxLength, Truncation = TruncationStrategy.OnlySecond, Stride = Math.Min(options.Stride ?? DefaultStride, room / 2),
            });
            TokenizedText[] windows = options.Truncate ? [first] : [first, .. first.Overflow];
            features.AddRange(windows.Select(window => FeatureOf(window, example, question)));
            int whole = first.Overflow.Count == 0 ? first.Length : tokenizer.Encode(asked, question.Context).Length;
            tokens += whole;
            beyond += whole - first.Length;
            if (whole > first.Length) longExamples++;
            if (question.Answers.Count == 0) continue;
            answers++;
            if (SpanOf(OffsetsOf(first), question) == s_outside) lostAnswers++;
        }

        return new EncodedData(features, longExamples, beyond, tokens) { Losses = answers > 0 ? [new BeyondLimit("answers", answers, lostAnswers)] : [] };
    }

    /// <inheritdoc/>
    public override string SliceName => "question word";

    /// <inheritdoc/>
    public override string? SliceLabelOf(TaskData data, int example)
    {
        Question question = ((QuestionData)data).Questions[example];
        string word = question.Text.ToLowerInvariant().Split(' ').FirstOrDefault(s_questionWords.Contains, "other");
        return question.IsImpossible ? word + ", no answer" : word;
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        QuestionData questions = (QuestionData)data;
        List<AnswerCandidate>[] found = [.. questions.Questions.Select(_ => new List<AnswerCandidate>())];
        double[] nothing = new double[questions.Count];
        Array.Fill(nothing, double.PositiveInfinity);
        for (int f = 0; f < encoded.Features.Count; f++)
        {
            PassageFeature feature = (PassageFeature)encoded.Features[f];
            nothing[feature.Example] = Math.Min(nothing[feature.Example], scores[f].Row(0)[0] + scores[f].Row(0)[1]);
            AddCandidates(feature, scores[f], questions.Questions[feature.Example].Context, found[feature.Example]);
        }

        return [.. questions.Questions.Select((question, i) => Choose(question, found[i], nothing[i]))];
    }

    /// <inheritdoc/>
    public override Decisions Tune(TaskData data, IReadOnlyList<Prediction> predictions, bool tuneThreshold) =>
        NoAnswerThreshold is null || !((QuestionData)data).HasUnanswerable ? Decisions : Decisions with { NoAnswerThreshold = NoAnswerTuning.Best((QuestionData)data, predictions) };

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions) => ScoreSet.Questions(Scores(data, predictions));

    /// <summary>Exact match and F1 of each question, as the official scripts count them.</summary>
    internal static IReadOnlyList<QuestionScore> Scores(TaskData data, IReadOnlyList<Prediction> predictions) =>
        [.. ((QuestionData)data).Questions.Zip(predictions, (question, prediction) => SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], prediction.Answer))];

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => ((QuestionData)data).Questions[example].Answers is [Answer first, ..] ? first.Text : "";

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation) => new Dictionary<string, double>(StringComparer.Ordinal)
    {
        ["first_sentence"] = ((QuestionData)evaluation).Questions.Average(question =>
            SquadV2.Score(question.Id, [.. question.Answers.Select(answer => answer.Text)], FirstSentence(question.Context)).F1),
    };

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        IReadOnlyList<QuestionScore> scores = Scores(data, predictions);
        ReportSection? answers = AnswerSection.Build([.. ((QuestionData)data).Questions.Select((question, i) =>
        {
            AnswerCandidate best = ((AnswerPrediction)predictions[i]).Best;
            return new AnsweredExample(question, best.Text.Length == 0 ? null : new Answer(best.Text, best.Start), scores[i].F1, best.Probability);
        })]);
        if (answers is not null) yield return answers;
    }

    private static string FirstSentence(string context)
    {
        int end = context.IndexOf(". ", StringComparison.Ordinal);
        return end < 0 ? context : context[..end];
    }

    private static PassageFeature FeatureOf(TokenizedText window, int example, Question question)
    {
        TextRange[] offsets = OffsetsOf(window);
        return new PassageFeature { Example = example, Ids = window.Ids, TypeIds = window.TypeIds, Offsets = offsets, Target = SpanOf(offsets, question) };
    }

    private static TextRange[] OffsetsOf(TokenizedText window) => [.. window.Offsets.Select((range, token) => window.SequenceIds[token] == 1 ? range : default)];

    /// <summary>The tokens of a window that the first accepted answer begins and ends in; (0, 0) where the window does not hold all of it.</summary>
    private static SpanTarget SpanOf(TextRange[] offsets, Question question)
    {
        if (question.Answers.Count == 0) return s_outside;
        int from = question.Answers[0].Start, to = from + question.Answers[0].Text.Length;
        int start = Array.FindIndex(offsets, range => range.Length > 0 && range.End > from), end = Array.FindLastIndex(offsets, range => range.Length > 0 && range.Start < to);
        bool inside = start >= 0 && end >= start && offsets[start].Start <= from && offsets[end].End >= to;
        return inside ? new SpanTarget(start, end) : s_outside;
    }

    private static void AddCandidates(PassageFeature feature, FeatureScores scores, string context, List<AnswerCandidate> found)
    {
        int[] inText = [.. Enumerable.Range(0, feature.Ids.Length).Where(token => feature.Offsets[token].Length > 0)];
        int[] starts = [.. inText.OrderByDescending(token => scores.Row(token)[0]).Take(BestPositions)];
        int[] ends = [.. inText.OrderByDescending(token => scores.Row(token)[1]).Take(BestPositions)];
        foreach (int start in starts)
        {
            foreach (int end in ends)
            {
                if (end < start || end - start >= LongestAnswer) continue;
                (int from, int to) = (feature.Offsets[start].Start, feature.Offsets[end].End);
                found.Add(new AnswerCandidate(context[from..to], from, to, scores.Row(start)[0] + scores.Row(end)[1], 0));
            }
        }
    }

    /// <summary>The score without its last digits, which depend on the batch: answers that score alike, as repeated sentences do, rank by place.</summary>
    private static double Rank(AnswerCandidate candidate) => Math.Round(candidate.Score, 4);

    private AnswerPrediction Choose(Question question, List<AnswerCandidate> found, double nothing)
    {
        // The same words may come from two windows; the better reading counts.
        AnswerCandidate none = new("", 0, 0, nothing, 0);
        AnswerCandidate[] best = [.. found.GroupBy(candidate => (candidate.Start, candidate.End)).Select(same => same.MaxBy(candidate => candidate.Score)!)
            .OrderByDescending(Rank).ThenBy(candidate => candidate.Start).ThenBy(candidate => candidate.End).Take(BestAnswers)];
        if (NoAnswerThreshold is not null || best.Length == 0) best = [.. best.Append(none).OrderByDescending(Rank)];
        double[] probabilities = new double[best.Length];
        TensorPrimitives.SoftMax<double>([.. best.Select(candidate => candidate.Score)], probabilities);
        AnswerCandidate[] candidates = [.. best.Select((candidate, i) => candidate with { Probability = probabilities[i] })];
        AnswerCandidate answer = candidates.FirstOrDefault(candidate => candidate.Text.Length > 0) ?? candidates[0];
        double difference = nothing - answer.Score;
        if (NoAnswerThreshold is double threshold && difference > threshold) answer = candidates.First(candidate => candidate.Text.Length == 0);
        return new AnswerPrediction(question.Id, answer, difference, candidates);
    }
}
