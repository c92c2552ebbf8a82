using System.Runtime.InteropServices;

namespace Graft.Labelling;

/// <summary>
/// Vectors on the disk beside the labels: a fingerprint of model and texts, the size of a vector, then vectors as they are computed.
/// </summary>
internal sealed class VectorFile : IDisposable
{
    private const int Head = 36;
    private readonly FileStream _file;
    private readonly byte[] _fingerprint;

    private VectorFile(FileStream file, byte[] fingerprint) => (_file, _fingerprint) = (file, fingerprint);

    /// <summary>Opens the file, or begins it anew where it is of other texts.</summary>
    public static VectorFile Open(string path, byte[] fingerprint)
    {
        FileStream file = new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        byte[] head = new byte[fingerprint.Length];
        if (file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !head.AsSpan().SequenceEqual(fingerprint))
            file.SetLength(0);
        return new VectorFile(file, fingerprint);
    }

    /// <summary>Fills in the vectors that are there, from the first on; their number.</summary>
    public int Read(float[][] vectors)
    {
        if (_file.Length < Head) return 0;
        _file.Position = Head - 4;
        Span<byte> size = stackalloc byte[4];
        _file.ReadExactly(size);
        int width = MemoryMarshal.Read<int>(size);
        if (width <= 0) return 0;
        int count = (int)Math.Min(vectors.Length, (_file.Length - Head) / (width * 4L));
        for (int i = 0; i < count; i++) _file.ReadExactly(MemoryMarshal.AsBytes((vectors[i] = new float[width]).AsSpan()));
        _file.SetLength(Head + (count * width * 4L)); // half a vector is none
        return count;
    }

    /// <summary>Adds vectors.</summary>
    public void Append(ReadOnlySpan<float[]> vectors)
    {
        _file.Seek(0, SeekOrigin.End);
        if (_file.Length < Head)
        {
            _file.SetLength(0);
            _file.Write(_fingerprint);
            _file.Write(BitConverter.GetBytes(vectors[0].Length));
        }

        foreach (float[] vector in vectors) _file.Write(MemoryMarshal.AsBytes(vector.AsSpan()));
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
