using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Export;
using Graft.Graphs;
using Graft.Runs;

namespace Graft.Cli.Commands;

/// <summary><c>graft export</c>: a model as an ONNX file in a complete folder.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        Option<string> model = CommonFlags.Model.Required<string>("a run folder or a published model");
        Option<string> format = CommonFlags.Format.WithDefault("onnx", "onnx, the only one that is written");
        format.AcceptOnlyFromAmong("onnx");
        Option<string> graph = new("--graph")
        {
            Description = "Which operators the graph has: portable (standard ones only) or fused (ONNX Runtime's own as well).",
            DefaultValueFactory = _ => "portable",
        };
        graph.AcceptOnlyFromAmong("portable", "fused");
        Option<string> precision = CommonFlags.Precision.WithDefault("fp32", "fp32, fp16, or int8 with the loss measured");
        precision.AcceptOnlyFromAmong("fp32", "fp16", "int8");
        Option<string?> eval = CommonFlags.Evaluation.Optional<string?>(
            "int8: the loss is measured on it; on the run's development data otherwise. Of an embedding model also a .txt of texts");
        Option<double> maxLoss = new("--max-loss")
        {
            Description = "The most points of the main metric that int8 may lose; layers stay in floating point until it holds.",
            DefaultValueFactory = _ => 0.5,
        };
        Option<bool> externalData = new("--external-data")
        {
            Description =
                "Put weights in a file of their own, model.onnx_data, which ONNX Runtime maps instead of copying, so that programs "
                    + "start sooner; always done above 2 GB.",
        };
        Option<string> output = CommonFlags.Output.Required<string>("a folder", "DIR");
        Option<bool> all = new("--all")
        {
            Description =
                "Write every form of the model (8 bits, ONNX in fp32 and in 8 bits, static vectors), measure each beside the model itself, "
                    + "and say which to take for what.",
        };
        Option<bool> json = CommonFlags.Json();
        Command command = new(
            "export",
            "Write a model for other engines: an ONNX file with tokenizer, configuration and what the run decided."
        )
        {
            model,
            format,
            graph,
            precision,
            eval,
            maxLoss,
            externalData,
            output,
            all,
            json,
            OptionSources.ConfigOption(),
        };
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                OnnxExportOptions options = new()
                {
                    Graph = Enum.Parse<OnnxGraph>(parsed.GetValue(graph)!, ignoreCase: true),
                    Precision = Enum.Parse<OnnxPrecision>(parsed.GetValue(precision)!, ignoreCase: true),
                    Evaluation = parsed.GetValue(eval),
                    MaxLoss = parsed.GetValue(maxLoss) / 100,
                    ExternalData = parsed.GetValue(externalData),
                };
                string to = parsed.GetValue(output)!;
                if (parsed.GetValue(all))
                {
                    if (parsed.GetResult(graph) is { Implicit: false } || parsed.GetResult(precision) is { Implicit: false })
                        throw new InputException("--all writes every form: leave out --graph and --precision");
                    FamilyPortrait family = FamilyPortrait.Make(
                        ModelFlag.Locate(parsed, model, cancellationToken), to, options.Evaluation, options.MaxLoss, cancellationToken);
                    if (parsed.GetValue(json)) Terminal.Json(family.ToJson());
                    else family.Print();
                    return Task.FromResult(ExitCodes.Ok);
                }

                ExportManifest written = OnnxExporter.Export(
                    ModelFlag.Locate(parsed, model, cancellationToken),
                    to,
                    options,
                    Terminal.Log,
                    cancellationToken
                );
                if (parsed.GetValue(json))
                    Terminal.Json(Document(to, written));
                else
                    Print(to, written);
                return Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static void Print(string folder, ExportManifest written)
    {
        long bytes = Bytes(folder);
        Terminal.Log(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{written.Architecture}, {written.Graph} graph, {written.Precision}: {bytes / 1e6:0.0} MB"
            )
        );
        if (written.Loss is { } loss)
        {
            Terminal.Log(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"8 bits cost {100 * loss.Lost:0.00} points of {loss.Metric} on {loss.Examples} examples; "
                        + $"{written.KeptLayers.Count} layers stay in floating point"
                )
            );
        }

        Terminal.Out(folder);
    }

    private static JsonObject Document(string folder, ExportManifest written) =>
        new()
        {
            ["folder"] = folder,
            ["graph"] = written.Graph,
            ["precision"] = written.Precision,
            ["bytes"] = Bytes(folder),
            ["kept_layers"] = written.KeptLayers.Count,
            ["loss"] = written.Loss is { } loss
                ? new JsonObject
                {
                    ["metric"] = loss.Metric,
                    ["exact"] = loss.Exact,
                    ["quantized"] = loss.Quantized,
                    ["lost"] = loss.Lost,
                    ["examples"] = loss.Examples,
                }
                : null,
        };

    private static long Bytes(string folder) =>
        new[] { ExportManifest.ModelFile, ExportManifest.DataFile }
            .Select(name => new FileInfo(Path.Combine(folder, name)))
            .Where(file => file.Exists)
            .Sum(file => file.Length);
}
