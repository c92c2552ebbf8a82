using System.Globalization;
using Graft.Checkpoints;
using Graft.Torch.Native;
using Graft.Training;
using TorchSharp;

namespace Graft.Pretraining;

/// <summary>
/// Keeps a moving average in step with a run: takes in every update, and lies beside each checkpoint. A checkpoint that was interrupted
/// before its average was written is not whole and is dropped on resuming, so that the average goes on to the same bits too.
/// </summary>
internal sealed class AverageKeeper(MovingAverage average, string? runFolder) : ITrainingObserver
{
    private const string FileName = "average.safetensors";

    private string Checkpoints => Path.Combine(runFolder ?? ".", "checkpoints");

    /// <inheritdoc/>
    public void Updated(UpdateRecord update) => average.Update();

    /// <inheritdoc/>
    public unsafe void CheckpointWritten(string folder) =>
        SafetensorsWriter.Write(
            Path.Combine(folder, FileName),
            average.Values.Select(value =>
                TensorToWrite.FromAddress(value.Key, ElementType.F32, value.Value.shape, (nint)Dispatcher.Data(value.Value))
            )
        );

    /// <summary>Removes checkpoints whose average was not written.</summary>
    public void DropCheckpointsWithoutAverage()
    {
        if (runFolder is null || !Directory.Exists(Checkpoints)) return;
        foreach (string folder in Directory.GetDirectories(Checkpoints, "step-*"))
        {
            if (!File.Exists(Path.Combine(folder, FileName))) Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Goes on from the average beside a checkpoint.</summary>
    public void Restore(long step)
    {
        using Checkpoint checkpoint = SafetensorsReader.Open(
            Path.Combine(Checkpoints, "step-" + step.ToString(CultureInfo.InvariantCulture), FileName)
        );
        using IDisposable noGradient = torch.no_grad();
        foreach ((string name, torch.Tensor value) in average.Values)
        {
            using torch.Tensor stored = torch.tensor(checkpoint[name].ToSingles(), value.shape);
            value.copy_(stored);
        }

        average.Updates = step;
    }
}
