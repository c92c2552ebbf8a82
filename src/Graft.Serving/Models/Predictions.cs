using System.Diagnostics;
using Graft.Serving.Http;
using Graft.Serving.Operation;
using Graft.Tasks;

namespace Graft.Serving.Models;

/// <summary>What a model says about a request's examples.</summary>
/// <param name="Answers">One an example.</param>
/// <param name="RawScores">The mean of each example's windows before softmax, sigmoid and temperature; empty rows for tasks that score
/// tokens.</param>
/// <param name="Truncated">For each example whether it was cut.</param>
/// <param name="Tokens">Tokens that went through the model.</param>
internal sealed record Predictions(IReadOnlyList<Prediction> Answers, float[][] RawScores, bool[] Truncated, long Tokens)
{
    /// <summary>Encodes examples here, on the request's thread, and has them scored.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">The model.</param>
    /// <param name="data">The examples, as the task reads them.</param>
    /// <param name="truncate">Cut long texts at the model's length, instead of reading them in windows.</param>
    /// <param name="field">The field that the examples are from, for messages.</param>
    public static async Task<Predictions> OfAsync(ServingRequest request, PredictingModel model, TaskData data, bool truncate, string field)
    {
        EncodedData encoded = Encoded(model, data, truncate);
        long[] tokens = new long[data.Count];
        foreach (Feature feature in encoded.Features) tokens[feature.Example] += feature.Ids.Length;
        int tooLong = Array.FindIndex(tokens, count => count > model.MaxLength);
        if (tooLong >= 0)
            throw RequestException.TooLarge(
                FormattableString.Invariant(
                    $"text {tooLong} has {tokens[tooLong]} tokens in its windows; {model.MaxLength} are read (`truncate` cuts longer ones)"
                ),
                field
            );
        FeatureScores[] scores = await request.ScoreAsync(model.Engine, model.Lane, encoded.Features).ConfigureAwait(false);
        IReadOnlyList<Prediction> answers = model.FineTuned.Answers(data, encoded, scores);
        bool isCut = truncate || encoded.IsCut;
        bool[] cut =
        [
            .. Enumerable
                .Range(0, data.Count)
                .Select(example => isCut && encoded.LongExamples > 0 && IsLong(model, data, example, truncate)),
        ];
        request.TellTruncated(cut.Count(one => one));
        return new Predictions(answers, Raw(data.Count, encoded, scores), cut, tokens.Sum());
    }

    private static EncodedData Encoded(PredictingModel model, TaskData data, bool truncate)
    {
        using Activity? span = ServingMetrics.Traces.StartActivity("graft.tokenize");
        span?.SetTag("graft.texts", data.Count);
        return model.FineTuned.Encode(data, model.Tokenizer, truncate ? model.Encoding with { Truncate = true } : model.Encoding);
    }

    /// <summary>Whether one example alone is longer than is read: the encoder counts them together.</summary>
    private static bool IsLong(PredictingModel model, TaskData data, int example, bool truncate) =>
        model
            .FineTuned.Encode(data.Take([example]), model.Tokenizer, truncate ? model.Encoding with { Truncate = true } : model.Encoding)
            .LongExamples > 0;

    private static float[][] Raw(int examples, EncodedData encoded, FeatureScores[] scores)
    {
        float[][] raw = [.. Enumerable.Repeat<float[]>([], examples)];
        int[] windows = new int[examples];
        for (int i = 0; i < scores.Length; i++)
        {
            if (scores[i].Values.Length != scores[i].Columns) continue; // rows for tokens
            int example = encoded.Features[i].Example;
            if (windows[example]++ == 0) raw[example] = new float[scores[i].Columns];
            for (int column = 0; column < raw[example].Length; column++) raw[example][column] += scores[i].Values[column];
        }

        for (int example = 0; example < examples; example++)
        {
            for (int column = 0; column < raw[example].Length; column++) raw[example][column] /= windows[example];
        }

        return raw;
    }
}
