using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Graft.Checkpoints;

/// <summary>
/// Writes fp32 tensors as <c>torch.save</c> writes a state dict: a zip archive with a pickle of the names and shapes and one stored entry
/// for each tensor's bytes. For files that other libraries ask for in this format only; safetensors is the better one.
/// </summary>
internal static class PyTorchWriter
{
    private const string Root = "archive";

    // The opcodes of pickle's protocol 2 that are needed here.
    private const byte Proto = 0x80,
        EmptyDict = (byte)'}',
        Mark = (byte)'(',
        Unicode = (byte)'X',
        Global = (byte)'c',
        Int32 = (byte)'J',
        Tuple = (byte)'t',
        EmptyTuple = (byte)')',
        PersistentId = (byte)'Q',
        Reduce = (byte)'R',
        NewFalse = 0x89,
        SetItems = (byte)'u',
        Stop = (byte)'.';

    /// <summary>Writes the tensors; their bytes are fetched one tensor at a time.</summary>
    /// <param name="path">The file; replaced when it exists.</param>
    /// <param name="tensors">fp32; names must differ.</param>
    /// <exception cref="RunFailedException">The folder cannot be written or the disk is full.</exception>
    public static void Write(string path, IEnumerable<TensorToWrite> tensors)
    {
        TensorToWrite[] all = [.. tensors];
        if (all.FirstOrDefault(tensor => tensor.Type != ElementType.F32) is { } other)
            throw new ArgumentException($"{other.Name} is {other.Type}: fp32 is written", nameof(tensors));
        AtomicFile.Write(path, stream =>
        {
            using ZipArchive zip = new(stream, ZipArchiveMode.Create, leaveOpen: true);
            Add(zip, "data.pkl", entry => entry.Write(Pickle(all)));
            for (int i = 0; i < all.Length; i++) Add(zip, "data/" + Key(i), all[i].WriteTo);
            Add(zip, "version", entry => entry.Write("3\n"u8));
        });
    }

    private static void Add(ZipArchive zip, string name, Action<Stream> write)
    {
        using Stream entry = zip.CreateEntry($"{Root}/{name}", CompressionLevel.NoCompression).Open();
        write(entry);
    }

    private static string Key(int tensor) => tensor.ToString(CultureInfo.InvariantCulture);

    /// <summary>{name: torch._utils._rebuild_tensor_v2(storage, 0, shape, strides, False, OrderedDict())}.</summary>
    private static byte[] Pickle(TensorToWrite[] tensors)
    {
        List<byte> pickle = [Proto, 2, EmptyDict, Mark];
        for (int i = 0; i < tensors.Length; i++)
        {
            Text(pickle, tensors[i].Name);
            Name(pickle, "torch._utils", "_rebuild_tensor_v2");
            pickle.Add(Mark);
            Storage(pickle, Key(i), tensors[i].ByteCount / sizeof(float));
            Number(pickle, 0);
            Sizes(pickle, tensors[i].Shape);
            Sizes(pickle, Strides(tensors[i].Shape));
            pickle.Add(NewFalse);
            Name(pickle, "collections", "OrderedDict");
            pickle.AddRange([EmptyTuple, Reduce, Tuple, Reduce]);
        }

        pickle.AddRange([SetItems, Stop]);
        return [.. pickle];
    }

    /// <summary>The persistent id ('storage', torch.FloatStorage, key, 'cpu', count).</summary>
    private static void Storage(List<byte> pickle, string key, long count)
    {
        pickle.Add(Mark);
        Text(pickle, "storage");
        Name(pickle, "torch", "FloatStorage");
        Text(pickle, key);
        Text(pickle, "cpu");
        Number(pickle, count);
        pickle.AddRange([Tuple, PersistentId]);
    }

    private static long[] Strides(IReadOnlyList<long> shape)
    {
        long[] strides = new long[shape.Count];
        long stride = 1;
        for (int i = strides.Length - 1; i >= 0; i--) (strides[i], stride) = (stride, stride * shape[i]);
        return strides;
    }

    private static void Sizes(List<byte> pickle, IReadOnlyList<long> sizes)
    {
        pickle.Add(Mark);
        foreach (long size in sizes) Number(pickle, size);
        pickle.Add(Tuple);
    }

    private static void Name(List<byte> pickle, string module, string name)
    {
        pickle.Add(Global);
        pickle.AddRange(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private static void Text(List<byte> pickle, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        pickle.Add(Unicode);
        Int(pickle, bytes.Length);
        pickle.AddRange(bytes);
    }

    private static void Number(List<byte> pickle, long value)
    {
        pickle.Add(Int32);
        Int(pickle, checked((int)value));
    }

    private static void Int(List<byte> pickle, int value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        pickle.AddRange(bytes);
    }
}
