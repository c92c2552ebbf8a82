using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks.QuestionAnswering;

/// <content>Examples → features.</content>
public sealed partial record QuestionAnswering
{
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
            int length = tokenizer.Encode(asked).Length,
                room = options.MaxLength - length - 2;
            if (room < 8)
                throw new InputException(
                    $"{questions.PlaceOf(example)}: the question has {length} tokens, which leaves no room for the text; raise "
                        + $"`max-length` ({options.MaxLength})"
                );
            TokenizedText first = tokenizer.Encode(
                asked,
                question.Context,
                new EncodeOptions
                {
                    MaxLength = options.MaxLength,
                    Truncation = TruncationStrategy.OnlySecond,
                    Stride = Math.Min(options.Stride ?? DefaultStride, room / 2),
                }
            );
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

        return new EncodedData(features, longExamples, beyond, tokens)
        {
            Losses = answers > 0 ? [new BeyondLimit("answers", answers, lostAnswers)] : [],
        };
    }

    private static PassageFeature FeatureOf(TokenizedText window, int example, Question question)
    {
        TextRange[] offsets = OffsetsOf(window);
        return new PassageFeature
        {
            Example = example,
            Ids = window.Ids,
            TypeIds = window.TypeIds,
            Offsets = offsets,
            Target = SpanOf(offsets, question),
        };
    }

    private static TextRange[] OffsetsOf(TokenizedText window) =>
        [.. window.Offsets.Select((range, token) => window.SequenceIds[token] == 1 ? range : default)];

    /// <summary>
    /// The tokens of a window that the first accepted answer begins and ends in; (0, 0) where the window does not hold all of it.
    /// </summary>
    private static SpanTarget SpanOf(TextRange[] offsets, Question question)
    {
        if (question.Answers.Count == 0)
            return s_outside;
        int from = question.Answers[0].Start,
            to = from + question.Answers[0].Text.Length;
        int start = Array.FindIndex(offsets, range => range.Length > 0 && range.End > from),
            end = Array.FindLastIndex(offsets, range => range.Length > 0 && range.Start < to);
        bool inside = start >= 0 && end >= start && offsets[start].Start <= from && offsets[end].End >= to;
        return inside ? new SpanTarget(start, end) : s_outside;
    }
}
