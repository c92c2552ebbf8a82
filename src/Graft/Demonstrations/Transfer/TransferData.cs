using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tasks.TokenClassification;

namespace Graft.Demonstrations.Transfer;

/// <summary>The examples of a transfer report, read once; the task knows the labels of the whole training file.</summary>
internal sealed class TransferData
{
    private const int Folds = 5;
    private const int EnoughHeldOut = 200;
    private static readonly JsonSerializerOptions s_line = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private TransferData(FineTuningTask task, TaskData train, TaskData test, TaskData? evaluation) =>
        (Task, Train, Test, Evaluation) = (task, train, test, evaluation);

    public FineTuningTask Task { get; }

    public TaskData Train { get; }

    public TaskData Test { get; }

    /// <summary>Development data that was given; null: a share of the labels is held out instead.</summary>
    public TaskData? Evaluation { get; }

    /// <exception cref="InputException">A file cannot be used.</exception>
    public static TransferData Read(TransferOptions options)
    {
        TaskData train = options.Task.Read(options.Train, options.Columns, labelled: true);
        TaskData test = options.Task.Read(options.Test, options.Columns, labelled: true);
        TaskData? evaluation = options.Evaluation is null ? null : options.Task.Read(options.Evaluation, options.Columns, labelled: true);
        return new TransferData(options.Task.WithLabelsOf(train), train, test, evaluation);
    }

    /// <summary>The places in the training file of what a budget allows.</summary>
    public IReadOnlyList<int> Choose(LabelBudget budget) => budget.Choose(Train, LabelOf);

    /// <summary>
    /// What rates and penalties are chosen on: development data where it was given, else every fifth example of each label in turn, as many
    /// times as it takes until a few hundred have been held out.
    /// </summary>
    public IReadOnlyList<TransferSplit> Splits(IReadOnlyList<int> chosen)
    {
        if (Evaluation is not null) return [new TransferSplit(chosen, null)];
        int[] fold = FoldOf(chosen);
        int folds = Math.Clamp((EnoughHeldOut * Folds + chosen.Count - 1) / chosen.Count, 1, Folds);
        return [.. Enumerable.Range(0, folds)
            .Select(held => new TransferSplit([.. chosen.Where((_, i) => fold[i] != held)], [.. chosen.Where((_, i) => fold[i] == held)]))
            .Where(split => split.Learned.Count > 0 && split.Judged!.Count > 0)];
    }

    /// <summary>Writes examples as JSON Lines, which a fine-tuning run reads back as they are.</summary>
    public static void Write(string path, TaskData data)
    {
        if (File.Exists(path)) return;
        IEnumerable<JsonObject> rows = data is TokenData tokens
            ? tokens.Sequences.Select(sentence => new JsonObject { ["words"] = Texts(sentence.Words), ["tags"] = Texts(sentence.Tags) })
            : ((TextData)data).Rows.Select(Row);
        StringBuilder lines = new();
        foreach (JsonObject row in rows) lines.Append(row.ToJsonString(s_line)).Append('\n');
        AtomicFile.WriteText(path, lines.ToString());
    }

    /// <summary>A text's label; sentences of tags have no single one.</summary>
    private string LabelOf(int example) => Train is TextData texts ? texts.Rows[example].Label! : "";

    /// <summary>The n-th example of a label goes to fold n modulo five.</summary>
    private int[] FoldOf(IReadOnlyList<int> chosen)
    {
        Dictionary<string, int> seen = new(StringComparer.Ordinal);
        return [.. chosen.Select(i => (seen[LabelOf(i)] = seen.GetValueOrDefault(LabelOf(i)) + 1) % Folds)];
    }

    private static JsonObject Row(LabelledText row)
    {
        JsonObject json = new() { ["text"] = row.Text };
        if (row.Pair is not null) json["pair"] = row.Pair;
        json["label"] = row.Label;
        return json;
    }

    private static JsonArray Texts(IReadOnlyList<string> texts) => new([.. texts.Select(text => (JsonNode?)text)]);
}

/// <summary>What is learned from and what is judged on, as places in the training file; judged on development data where null.</summary>
internal sealed record TransferSplit(IReadOnlyList<int> Learned, IReadOnlyList<int>? Judged);
