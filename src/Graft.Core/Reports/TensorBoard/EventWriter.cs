using System.Buffers.Binary;
using System.Globalization;

namespace Graft.Reports.TensorBoard;

/// <summary>
/// Writes scalars that TensorBoard shows: a file <c>events.out.tfevents.…</c> of TFRecords, each an Event message with its step and wall
/// time.
/// Records are flushed as they are written; one cut short by a crash is passed over by readers.
/// </summary>
internal sealed class EventWriter : IDisposable
{
    private const int EventWallTime = 1;
    private const int EventStep = 2;
    private const int EventFileVersion = 3;
    private const int EventSummary = 5;
    private const int SummaryValue = 1;
    private const int ValueTag = 1;
    private const int ValueSimpleValue = 2;

    private readonly FileStream _file;
    private readonly TimeProvider _time;

    /// <summary>Begins a new file in a folder, which is made where it is missing.</summary>
    /// <param name="folder">Where TensorBoard's <c>--logdir</c> points.</param>
    /// <param name="time">The clock; null is the system's.</param>
    /// <exception cref="RunFailedException">The folder is not writable.</exception>
    public EventWriter(string folder, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        string seconds = _time.GetUtcNow().ToUnixTimeSeconds().ToString("D10", CultureInfo.InvariantCulture);
        string path = Path.Combine(
            folder,
            $"events.out.tfevents.{seconds}.{Environment.MachineName}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}.0.v2"
        );
        try
        {
            Directory.CreateDirectory(folder);
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new RunFailedException($"{path}: {AtomicFile.Explain(failure)}", failure);
        }

        FilePath = path;
        Write(new Protobuf().Double(EventWallTime, Now).Text(EventFileVersion, "brain.Event:2"));
    }

    /// <summary>The file written to.</summary>
    public string FilePath { get; }

    private double Now => _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;

    /// <summary>Writes one number.</summary>
    /// <param name="tag">The name; a slash groups: <c>loss/train</c>.</param>
    /// <param name="step">The update it belongs to.</param>
    /// <param name="value">The number.</param>
    /// <exception cref="RunFailedException">The disk is full.</exception>
    public void Scalar(string tag, long step, double value)
    {
        Protobuf scalar = new Protobuf().Text(ValueTag, tag).Float(ValueSimpleValue, (float)value);
        Write(
            new Protobuf()
                .Double(EventWallTime, Now)
                .Integer(EventStep, step)
                .Message(EventSummary, new Protobuf().Message(SummaryValue, scalar))
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>A TFRecord: length, its checksum, the message, its checksum.</summary>
    private void Write(Protobuf message)
    {
        byte[] data = message.ToArray();
        byte[] record = new byte[data.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), MaskedCrc32C.Of(record.AsSpan(0, 8)));
        data.CopyTo(record, 12);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(12 + data.Length), MaskedCrc32C.Of(data));
        try
        {
            _file.Write(record);
            _file.Flush();
        }
        catch (IOException failure)
        {
            throw new RunFailedException($"{FilePath}: {AtomicFile.Explain(failure)}", failure);
        }
    }
}
