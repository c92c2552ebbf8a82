using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Corpus.Readers;
using Graft.Evaluation;
using Graft.Heads;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using Graft.Torch.Native;
using TorchSharp;

namespace Graft.Pretraining;

/// <summary>
/// A masked language model on plain text: full windows over the documents with separators between them, 15 % masked by exact count with
/// seed 0 (80/10/10), so that any two models of one vocabulary see the same masks. Bits per byte compare vocabularies too: the loss a token
/// times the tokens of the text over its bytes.
/// </summary>
/// <param name="MaskedAccuracy">Share of masked tokens that are restored.</param>
/// <param name="Loss">Nats a masked token.</param>
/// <param name="BitsPerByte">Loss · tokens ÷ (ln 2 · bytes).</param>
/// <param name="Windows">Sequences.</param>
/// <param name="Masked">Masked tokens.</param>
public sealed record MaskedLmEvaluation(
    ScoreInterval MaskedAccuracy,
    ScoreInterval Loss,
    ScoreInterval BitsPerByte,
    int Windows,
    long Masked
)
{
    private const int BatchSize = 32;

    /// <summary>Measures a model folder.</summary>
    /// <param name="folder">A masked language model with its tokenizer.</param>
    /// <param name="input">Text in any format that corpora are built from.</param>
    /// <param name="maxLength">Tokens of a window.</param>
    /// <exception cref="InputException">The model has no masked-LM head, or the text is shorter than a window.</exception>
    public static MaskedLmEvaluation Evaluate(string folder, string input, int maxLength = 128)
    {
        using PretrainedModel model = PretrainedModel.Load(folder, new LoadOptions { Head = Backbones.HeadKinds.MaskedLm });
        if (model.Report.Missing.Count > 0 || model.Head is not LanguageModelHead)
            throw new InputException($"{folder} has no masked-LM head: {string.Join(", ", model.Report.Missing.Take(3))} is missing");
        TextCodec codec = new(Tokenizers.Tokenizer.Load(folder));
        (List<int> stream, long bytes) = Encode(input, codec);
        int text = maxLength - codec.Frame.Count;
        if (stream.Count < text)
            throw new InputException(
                string.Create(CultureInfo.InvariantCulture, $"{input} has {stream.Count} tokens, fewer than one window of {maxLength}")
            );
        MaskedObjective objective = new(new MaskedLmOptions(), codec.MaskingVocabulary());
        List<CorruptedSequence> windows = [];
        for (int start = 0; start + text <= stream.Count; start += text)
        {
            int[] ids = codec.Frame.Around(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(stream).Slice(start, text));
            windows.Add(objective.Corrupt(new TrainingSequence(ids, (ulong)windows.Count, 0), seed: 0));
        }

        return Measure(model, objective, windows, (double)stream.Count / bytes);
    }

    /// <summary>The document that <c>graft evaluate --json</c> prints.</summary>
    public JsonObject ToJson()
    {
        static JsonObject Score(ScoreInterval score) => new() { ["value"] = score.Value, ["low"] = score.Low, ["high"] = score.High };
        return new JsonObject
        {
            ["task"] = "masked-lm",
            ["examples"] = Windows,
            ["masked_tokens"] = Masked,
            ["metrics"] = new JsonObject
            {
                ["masked_accuracy"] = Score(MaskedAccuracy), ["loss"] = Score(Loss), ["bits_per_byte"] = Score(BitsPerByte),
                ["perplexity"] = Score(new ScoreInterval(Math.Exp(Loss.Value), Math.Exp(Loss.Low), Math.Exp(Loss.High))),
            },
        };
    }

    private static (List<int> Stream, long Bytes) Encode(string input, TextCodec codec)
    {
        List<int> stream = [];
        long bytes = 0;
        foreach (string document in DocumentReader.Read(input))
        {
            codec.Encode(document, stream);
            stream.Add(codec.SeparatorId);
            bytes += System.Text.Encoding.UTF8.GetByteCount(document);
        }

        return (stream, bytes);
    }

    private static MaskedLmEvaluation Measure(
        PretrainedModel model,
        MaskedObjective objective,
        List<CorruptedSequence> windows,
        double tokensPerByte
    )
    {
        double[] loss = new double[windows.Count], right = new double[windows.Count], masked = new double[windows.Count];
        using IDisposable inference = torch.no_grad();
        for (int first = 0; first < windows.Count; first += BatchSize)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            List<CorruptedSequence> part = windows.GetRange(first, Math.Min(BatchSize, windows.Count - first));
            ClassScores scores = (ClassScores)objective.Scores(model, objective.Batch(part), seed: null)[0];
            float[] losses = torch
                .nn.functional.cross_entropy(scores.Logits, scores.Targets, reduction: torch.nn.Reduction.None)
                .ToSingles();
            bool[] hits = scores.Logits.argmax(-1).eq(scores.Targets).data<bool>().ToArray();
            for (int i = 0, row = 0; i < part.Count; i++)
            {
                for (int k = 0; k < part[i].Targets.Length; k++, row++)
                {
                    loss[first + i] += losses[row];
                    if (hits[row]) right[first + i]++;
                    masked[first + i]++;
                }
            }
        }

        ScoreInterval Ratio(double[] sums, double factor = 1) =>
            Bootstrap.Interval(
                windows.Count,
                positions =>
                {
                    double sum = 0,
                        count = 0;
                    foreach (int i in positions)
                        (sum, count) = (sum + sums[i], count + masked[i]);
                    return factor * sum / count;
                },
                seed: 0
            );
        return new MaskedLmEvaluation(
            Ratio(right),
            Ratio(loss),
            Ratio(loss, tokensPerByte / Math.Log(2)),
            windows.Count,
            (long)masked.Sum()
        );
    }
}
