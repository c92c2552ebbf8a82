using System.Text.Json;
using Graft.Generation;
using Graft.Pretrained;

namespace Graft.Parity;

/// <summary>
/// Generated ids beside the reference's: every run of a <c>generation.json</c> must give the same ids, beams the same scores.
/// </summary>
internal sealed class GenerationParity : IParityKind
{
    private const double ScoreTolerance = 1e-4;
    private const string FileName = "generation.json";

    public bool Handles(string folder) => File.Exists(Path.Combine(folder, FileName));

    public ParityReport Run(string folder)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, FileName)));
        JsonElement root = document.RootElement;
        using PretrainedModel model = PretrainedModel.Load(folder);
        List<string> wrong = [];
        (double Difference, string Run) worst = (0, "");
        int runs = 0, scored = 0;
        foreach (JsonElement run in root.GetProperty("runs").EnumerateArray())
        {
            string name = run.GetProperty("name").GetString()!;
            runs++;
            (int[][] sequences, double[] scores) = Generate(
                model,
                root.GetProperty("batches").GetProperty(run.GetProperty("inputs").GetString()!),
                run
            );
            if (!Rows(run.GetProperty("sequences")).Zip(sequences, (a, b) => a.SequenceEqual(b)).All(same => same))
                wrong.Add(name);
            if (!run.TryGetProperty("sequences_scores", out JsonElement expected))
                continue;
            scored++;
            double difference = expected.EnumerateArray().Zip(scores, (a, b) => Math.Abs(a.GetDouble() - b)).Max();
            if (difference > worst.Difference) worst = (difference, name);
        }

        List<ParityGroup> groups = [new ParityGroup("runs with other ids", wrong.Count, 0, string.Join(", ", wrong), runs)];
        if (scored > 0) groups.Add(new ParityGroup("beam scores", worst.Difference, ScoreTolerance, worst.Run, scored));
        return new ParityReport(folder, root.GetProperty("head").GetString()!, groups);
    }

    private static (int[][] Sequences, double[] Scores) Generate(PretrainedModel model, JsonElement batch, JsonElement run)
    {
        int[][] ids = Rows(batch.GetProperty("input_ids")), mask = Rows(batch.GetProperty("attention_mask"));
        bool writesTargets = model.HeadKind == Backbones.HeadKinds.SequenceToSequence;
        int start = writesTargets ? model.Config.DecoderStartTokenId ?? 0 : 0;
        int[][] prompts = writesTargets ? [.. ids.Select(_ => new[] { start })] : ids;
        using ModelDecodingState state = writesTargets
            ? ModelDecodingState.SequenceToSequence(model, ids, mask, start)
            : ModelDecodingState.Causal(model, ids, mask);
        GenerationOptions options = Options(run.GetProperty("parameters"));
        GeneratedTokens[][] texts = Generator.Generate(state, prompts, options);
        int length = Rows(run.GetProperty("sequences")).Max(row => row.Length);
        int[][] sequences =
        [
            .. texts.SelectMany(
                (candidates, row) => candidates.Select(text => Padded([.. prompts[row], .. text.Tokens], length, options.PadTokenId))
            ),
        ];
        return (sequences, [.. texts.SelectMany(candidates => candidates).Select(text => (double)text.Score)]);
    }

    private static GenerationOptions Options(JsonElement parameters)
    {
        int Int(string key, int fallback) =>
            parameters.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : fallback;
        float Number(string key) => parameters.TryGetProperty(key, out JsonElement value) ? value.GetSingle() : 1;
        int end = Int("eos_token_id", -1);
        return new GenerationOptions
        {
            MaxNewTokens = Int("max_new_tokens", 20),
            MinNewTokens = Int("min_new_tokens", 0),
            EosTokenIds = end >= 0 ? [end] : [],
            NumBeams = Int("num_beams", 1),
            NumReturnSequences = Int("num_return_sequences", 1),
            LengthPenalty = Number("length_penalty"),
            RepetitionPenalty = Number("repetition_penalty"),
            NoRepeatNgramSize = Int("no_repeat_ngram_size", 0),
            EarlyStopping = parameters.TryGetProperty("early_stopping", out JsonElement stopping)
                ? stopping.ValueKind switch
                {
                    JsonValueKind.True => EarlyStopping.WhenEnoughFinished,
                    JsonValueKind.String => EarlyStopping.Never,
                    _ => EarlyStopping.WhenUnlikelyToImprove,
                }
                : EarlyStopping.WhenUnlikelyToImprove,
        };
    }

    private static int[] Padded(int[] tokens, int length, int padding) =>
        [.. tokens, .. Enumerable.Repeat(padding, Math.Max(0, length - tokens.Length))];

    private static int[][] Rows(JsonElement rows) =>
        [.. rows.EnumerateArray().Select(row => row.EnumerateArray().Select(id => id.GetInt32()).ToArray())];
}
