using System.Text.Json.Nodes;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Runs;

namespace Graft.Export;

/// <summary>
/// Writes a model as a folder that Graft computes in 8 bits by itself: the weights as they are, and <c>int8.json</c>, which says which
/// layers stay in fp32 so that no more than a bound is lost on labelled examples.
/// </summary>
public static class Int8Exporter
{
    /// <summary>Exports a model.</summary>
    /// <param name="folder">A run folder or a published model folder; an adapter that changes weights (LoRA, IA3) is merged.</param>
    /// <param name="output">The folder to write; made where it is missing.</param>
    /// <param name="evaluation">Examples on which the loss is measured; null: the run's development data.</param>
    /// <param name="maxLoss">The most that 8 bits may cost, in the main metric (0.005 is half a point).</param>
    /// <param name="note">Told what a person should know.</param>
    /// <param name="cancellationToken">Stops between measurements.</param>
    /// <returns>What is lost.</returns>
    /// <exception cref="InputException">The folder is no model, there is nothing to measure on, or the processor has no fast products of 8
    /// bits.</exception>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static ExportLoss Export(
        string folder,
        string output,
        string? evaluation = null,
        double maxLoss = 0.005,
        Action<string>? note = null,
        CancellationToken cancellationToken = default
    )
    {
        Int8Settings.RequireProcessor();
        OnnxExportOptions limits = new() { Evaluation = evaluation, MaxLoss = maxLoss };
        limits.Validate();
        folder = RunSeeds.Best(folder);
        StagedFolder.RequireFree(folder, output, Int8Settings.FileName);
        using PretrainedModel model = OnnxExporter.Load(folder, note);
        return StagedFolder.Write(output, Int8Settings.FileName, [], staged =>
        {
            model.Save(staged);
            OnnxExporter.CopyRecord(folder, staged);
            string[] layers = [.. model.Network.Find<Projection>().Where(layer => !layer.Layer.StaysFp32).Select(layer => layer.Name)];
            Quantization quantization = new(model, folder, staged, limits, layers, kept => new Int8Settings(kept).Write(staged), note);
            (ExportLoss loss, IReadOnlyList<string> kept) = quantization.Run(cancellationToken);
            new Int8Settings(kept)
            {
                Loss = new JsonObject
                {
                    ["metric"] = loss.Metric,
                    ["exact"] = loss.Exact,
                    ["quantized"] = loss.Quantized,
                    ["examples"] = loss.Examples,
                },
            }.Write(staged);
            return loss;
        });
    }
}
