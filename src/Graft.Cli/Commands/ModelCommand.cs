using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Pretrained;
using Graft.Tuning;

namespace Graft.Cli.Commands;

/// <summary><c>graft model inspect | convert</c>: what a model folder holds, and the same model in today's format.</summary>
internal static class ModelCommand
{
    public static Command Create() => new("model", "Inspect and convert model folders.") { Inspect(), Convert() };

    private static Command Inspect()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a folder, a configuration file, or a file of weights");
        Option<bool> json = CommonFlags.Json();
        Command command = new("inspect", "Print family, configuration, parameters by part, costs, files, missing and unexpected keys.")
        {
            model,
            json,
        };
        command.SetAction(parsed =>
        {
            ModelInspection found = ModelInspection.Of(ModelFlag.Locate(parsed, model));
            if (parsed.GetValue(json)) Terminal.Json(Document(found));
            else Print(found);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static Command Convert()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a folder in any format that graft reads");
        Option<string> output = CommonFlags.Output.Required<string>(
            "a folder with config.json, model.safetensors, tokenizer and model card", "DIR");
        Option<bool> overwrite = CommonFlags.Overwrite.Optional<bool>();
        Option<bool> merge = new("--merge")
        {
            Description = "Fold a LoRA or IA3 adapter into its base: an ordinary model with the same answers.",
        };
        Option<string?> basis = new("--base")
        {
            Description = "The model that an adapter folder is for; the one that it names otherwise.",
            HelpName = "DIR",
        };
        Option<string> precision = CommonFlags.Precision.WithDefault("fp32", "fp32, or fp16 for half the file");
        precision.AcceptOnlyFromAmong("fp32", "fp16");
        Command command = new(
            "convert",
            "Write the same model as config.json and model.safetensors, an adapter as PEFT or AdapterHub reads it."
        )
        {
            model,
            output,
            overwrite,
            merge,
            basis,
            precision,
        };
        command.SetAction(parsed =>
        {
            (string from, string to) = (ModelFlag.Locate(parsed, model), parsed.GetValue(output)!);
            if (!parsed.GetValue(overwrite) && CheckpointFolder.Find(to) is not null)
                throw new InputException($"--output {to}: holds a model; choose another folder or add --overwrite");
            using PretrainedModel loaded = PretrainedModel.Load(from, new LoadOptions { Base = parsed.GetValue(basis) });
            foreach (string note in loaded.Report.Notes)
                Terminal.Log(note);
            string source = loaded.Adapter is Adapter adapter
                ? $"its {adapter.Strategy.Name} adapter"
                : Path.GetFileName(loaded.Report.File)!;
            if (parsed.GetValue(merge))
                loaded.Merge();
            loaded.Save(to);
            if (parsed.GetValue(precision) == "fp16" && loaded.Adapter is null)
                HalfPrecision.Rewrite(Path.Combine(to, "model.safetensors"));
            string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)));
            ModelCard.Write(loaded, to, name, $"Converted from {source} by graft.");
            Terminal.Out(to);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static void Print(ModelInspection found)
    {
        if (found.Config is ModelConfig config)
        {
            Line("family", config.ModelType);
            Line("class", config.Architecture ?? "not said");
            Line(
                "sizes",
                $"{config.LayerCount} layers, width {config.HiddenSize}, {config.HeadCount} heads, {config.VocabularySize:N0} tokens"
            );
            Line("parameters", $"{found.BackboneParameters:N0} in the backbone");
            foreach ((string part, long count) in found.Parts) Line("", $"{count:N0} {part}");
            if (found.HeadParameters > 0) Line("", $"{found.HeadParameters:N0} more in the head ({found.Head})");
            long total = found.BackboneParameters + found.HeadParameters;
            Line("memory", $"{Megabytes(4 * total)} in fp32, {Megabytes(16 * total)} in training (gradients and AdamW)");
            foreach (AttentionCost cost in found.Costs)
                Line(
                    cost == found.Costs[0] ? "cost" : "",
                    $"{cost.Tokens} tokens: {cost.Operations / 1e9:0.00} GFLOP, {cost.AttentionShare:P1} of it attention, "
                        + $"{Megabytes(cost.ScoreBytes)} of scores"
                );
        }

        foreach (WeightFile file in found.Files) Line("file", $"{file.Path} ({Megabytes(file.Bytes)})");
        if (found.Format is not null) Line("tensors", $"{found.Tensors.Count} ({found.Format})");
        if (found.Config is null) foreach (string tensor in found.Tensors) Line("", tensor);
        if (found.Report is not LoadReport report) return;
        Line("missing", report.Missing.Count == 0 ? "none" : string.Join(", ", report.Missing));
        if (report.UnknownConfigKeys.Count > 0)
            Line("unknown keys", string.Join(", ", report.UnknownConfigKeys) + " (of config.json; not followed)");
        foreach (string note in report.ConfigNotes.Skip(report.UnknownConfigKeys.Count > 0 ? 1 : 0)) Line("note", note);
        Line("unexpected", report.Unexpected.Count == 0 ? "none" : string.Join(", ", report.Unexpected));
    }

    private static void Line(string key, FormattableString value) => Line(key, value.ToString(CultureInfo.InvariantCulture));

    private static void Line(string key, string value) => Terminal.Out($"{key,-12}{value}");

    private static string Megabytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:N1} MB");

    private static JsonObject Document(ModelInspection found)
    {
        JsonObject document = new()
        {
            ["format"] = found.Format?.ToString(),
            ["files"] = new JsonArray([.. found.Files.Select(file => new JsonObject { ["path"] = file.Path, ["bytes"] = file.Bytes })]),
            ["tensors"] = new JsonArray([.. found.Tensors.Select(tensor => (JsonNode)tensor)]),
        };
        if (found.Config is ModelConfig config)
        {
            JsonObject parts = [];
            foreach ((string part, long count) in found.Parts) parts[part] = count;
            document["family"] = config.ModelType;
            document["architecture"] = config.Architecture;
            document["head"] = found.Head.ToString();
            document["parameters"] = new JsonObject
            {
                ["backbone"] = found.BackboneParameters,
                ["head"] = found.HeadParameters,
                ["parts"] = parts,
            };
            document["memory_bytes"] = 4 * (found.BackboneParameters + found.HeadParameters);
            document["costs"] = new JsonArray([.. found.Costs.Select(cost => new JsonObject
            {
                ["tokens"] = cost.Tokens,
                ["operations"] = cost.Operations,
                ["attention_share"] = cost.AttentionShare,
                ["score_bytes"] = cost.ScoreBytes,
            })]);
            document["config"] = JsonNode.Parse(config.ToJson());
        }

        if (found.Report is LoadReport report)
        {
            document["missing"] = new JsonArray([.. report.Missing.Select(name => (JsonNode)name)]);
            document["unknown_keys"] = new JsonArray([.. report.UnknownConfigKeys.Select(name => (JsonNode)name)]);
            document["unexpected"] = new JsonArray([.. report.Unexpected.Select(name => (JsonNode)name)]);
        }

        return document;
    }
}
