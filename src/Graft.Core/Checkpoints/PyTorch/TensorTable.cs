using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>Turns a pickled state dictionary into tensors of a mapped file, checking every view against its storage.</summary>
internal static class TensorTable
{
    /// <summary>
    /// The tensors of the dictionary at the root of a pickle. Entries that are not tensors (counters, options) are left out.
    /// </summary>
    /// <param name="file">The file that holds the storages.</param>
    /// <param name="content">The value of the pickle.</param>
    /// <param name="locate">Gives the bytes of a storage by its key, or throws.</param>
    /// <exception cref="CheckpointException">The pickle is not a dictionary of tensors, or a tensor does not fit its storage.</exception>
    public static List<StoredTensor> Build(MappedFile file, object? content, Func<string, (long Offset, long Length)> locate)
    {
        if (content is not PickledDictionary dictionary)
            throw new CheckpointException(file.FilePath, "does not hold a dictionary from names to tensors");
        // As in Python, a key that is set again replaces the earlier value.
        Dictionary<string, PickledTensor> tensors = new(StringComparer.Ordinal);
        foreach ((object key, object? value) in dictionary.Items)
        {
            if (key is string name && value is PickledTensor tensor) tensors[name] = tensor;
        }

        if (tensors.Count == 0)
            throw new CheckpointException(file.FilePath, "holds no tensors: a dictionary from names to tensors is expected (a state_dict)");
        return [.. tensors.Select(item => Place(file, item.Key, item.Value, locate(item.Value.Storage.RootKey)))];
    }

    /// <summary>Bytes of an element for each storage that the pickle mentions.</summary>
    public static Dictionary<string, int> ElementSizes(object? content)
    {
        Dictionary<string, int> sizes = new(StringComparer.Ordinal);
        foreach ((_, object? value) in (content as PickledDictionary)?.Items ?? [])
        {
            if (value is PickledTensor { Storage: PickledStorage storage }) sizes[storage.RootKey] = storage.ElementSize;
        }

        return sizes;
    }

    private static StoredTensor Place(MappedFile file, string name, PickledTensor tensor, (long Offset, long Length) storage)
    {
        CheckpointException Error(string problem) => new(file.FilePath, $"{name}: {problem}");
        int size = tensor.Type.Size();
        // The storage promised by the pickle, in elements of the tensor; a view of a storage begins inside it.
        Int128 viewStart = (Int128)tensor.Storage.ViewOffset * tensor.Storage.ElementSize,
            available = (Int128)tensor.Storage.ElementCount * tensor.Storage.ElementSize;
        if (viewStart + available > storage.Length)
            throw Error(Invariant($"its storage has {storage.Length} bytes, but {viewStart + available} are needed"));
        if (
            tensor.Offset < 0
            || !TensorShape.TryCountBytes(tensor.Shape, tensor.Type, out long bytes)
            || !TensorShape.TryExtent(tensor.Shape, tensor.Strides, out long extent)
        )
            throw Error("its offset, sizes or strides are impossible");
        if (((Int128)tensor.Offset + extent) * size > available) throw Error("it reaches beyond its storage");
        if (bytes > available) throw Error("it repeats the elements of a smaller storage, which weights do not");
        return new(file, name, tensor.Type, tensor.Shape, storage.Offset + (long)viewStart + (tensor.Offset * size), tensor.Strides);
    }
}
