using System.Globalization;
using Graft.Pretrained;

namespace Graft.Cli;

/// <summary>Progress of a download on stderr: one line a file, redrawn while it grows when a person is watching.</summary>
internal sealed class TransferLines : IProgress<ModelHubProgress>
{
    private int _drawnPermille = -1;
    private int _finishedFile;

    public void Report(ModelHubProgress value)
    {
        long total = value.TotalBytes ?? value.Bytes;
        int permille = total == 0 ? 1000 : (int)(1000 * value.Bytes / total);
        bool isFinished = value.Bytes >= total;
        if (isFinished && _finishedFile < value.FileNumber)
        {
            _finishedFile = value.FileNumber;
            Terminal.Log((Terminal.IsInteractive ? "\r" : "") + Line(value, total));
        }
        else if (Terminal.IsInteractive && !isFinished && permille != _drawnPermille)
        {
            Console.Error.Write("\r" + Line(value, total));
        }

        _drawnPermille = permille;
    }

    private static string Line(ModelHubProgress value, long total) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"[{value.FileNumber}/{value.FileCount}] {value.File}  {Size(value.Bytes, total)} of {Size(total, total)} "
                + $"{(total < 1_000_000 ? "kB" : "MB")}"
        );

    /// <summary>Both numbers of a line in the unit that suits the total.</summary>
    private static string Size(long bytes, long total) =>
        (bytes / (total < 1_000_000 ? 1e3 : 1e6)).ToString("F1", CultureInfo.InvariantCulture);
}
