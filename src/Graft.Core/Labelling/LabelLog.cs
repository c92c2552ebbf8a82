using Graft.Data;

namespace Graft.Labelling;

/// <summary>
/// The file of labels under the hands of one process: read once, then appended to; a record is on the disk before <see cref="Append"/>
/// returns.
/// </summary>
internal sealed class LabelLog : IDisposable
{
    private readonly FileStream _lock;
    private readonly FileStream _file;

    private LabelLog(string path, FileStream fileLock, FileStream file, IReadOnlyList<LabelRecord> records) =>
        (Path, _lock, _file, Records) = (path, fileLock, file, records);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The records that were there when it was opened.</summary>
    public IReadOnlyList<LabelRecord> Records { get; }

    /// <summary>
    /// Opens the file, or begins it; what a killed process left of an unfinished record is cut off (it was never confirmed to anyone).
    /// </summary>
    /// <exception cref="InputException">The file is of another kind, or another process labels into it.</exception>
    /// <exception cref="RunFailedException">It cannot be written.</exception>
    public static LabelLog Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        FileStream? fileLock = null, file = null;
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(full)!);
            try
            {
                fileLock = new FileStream(full + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException failure) when (File.Exists(full + ".lock"))
            {
                throw new InputException(
                    $"{path}: another process labels into this file ({path}.lock is held); several people use one process and its page",
                    failure
                );
            }

            file = new FileStream(full, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
            List<LabelRecord> records = Replay(path, file);
            return new LabelLog(path, fileLock, file, records);
        }
        catch (Exception failure)
        {
            file?.Dispose();
            fileLock?.Dispose();
            if (failure is IOException or UnauthorizedAccessException)
                throw new RunFailedException($"{path}: {AtomicFile.Explain(failure)}", failure);
            throw;
        }
    }

    /// <summary>Writes records and waits until the disk has them.</summary>
    /// <exception cref="RunFailedException">The disk is full or gone; the file then ends as before.</exception>
    public void Append(IReadOnlyList<LabelRecord> records)
    {
        long before = _file.Length;
        try
        {
            _file.Seek(0, SeekOrigin.End);
            _file.Write([.. records.SelectMany(LabelRecords.Line)]);
            _file.Flush(flushToDisk: true);
        }
        catch (IOException failure)
        {
            _file.SetLength(before);
            throw new RunFailedException($"{Path}: {AtomicFile.Explain(failure)}; the answer was not kept", failure);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _lock.Dispose();
    }

    private static bool IsBeginning(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> start = "{\"record\":"u8;
        int length = Math.Min(start.Length, bytes.Length);
        return bytes[..length].SequenceEqual(start[..length]);
    }

    private static List<LabelRecord> Replay(string path, FileStream file)
    {
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        int whole = bytes.AsSpan().LastIndexOf((byte)'\n') + 1;
        string[] lines = System.Text.Encoding.UTF8.GetString(bytes.AsSpan(0, whole)).Split('\n');
        List<LabelRecord> records = [];
        for (int i = 0; i < lines.Length; i++)
        {
            if (string.IsNullOrWhiteSpace(lines[i]))
                continue;
            records.Add(
                LabelRecords.Read(lines[i])
                    ?? throw new InputException(
                        FormattableString.Invariant(
                            $"{path}, line {i + 1}: no record of graft label; `output` names a new file, or one that graft label began"
                        )
                    )
            );
        }

        if (whole == bytes.Length) return records;
        if (LabelRecords.Read(System.Text.Encoding.UTF8.GetString(bytes.AsSpan(whole))) is LabelRecord last)
        {
            records.Add(last); // only its line feed is missing
            file.Seek(0, SeekOrigin.End);
            file.WriteByte((byte)'\n');
            file.Flush(flushToDisk: true);
        }
        else if (records.Count == 0 && !IsBeginning(bytes.AsSpan(whole)))
        {
            throw new InputException($"{path}: no record of graft label; `output` names a new file, or one that graft label began");
        }
        else
        {
            file.SetLength(whole);
        }

        return records;
    }
}
