namespace Graft.Checkpoints;

// What a pickle of weights may consist of. Numbers are boxed long, double, bool or BigInteger; text is string; None is null; tuples are
// object?[];
// lists are List<object?>.

/// <summary>A dictionary in the order of insertion. Never hashed while it is read: keys come from a file.</summary>
internal sealed class PickledDictionary
{
    public List<(object Key, object? Value)> Items { get; } = [];
}

/// <summary>A name on the allow-list that a pickle refers to.</summary>
/// <param name="Kind">What the name stands for.</param>
/// <param name="Type">The element type of a storage class or dtype; null for untyped storages (bytes) and other kinds.</param>
internal sealed record PickledGlobal(PickledGlobalKind Kind, ElementType? Type = null);

/// <summary>What the allowed names stand for.</summary>
internal enum PickledGlobalKind
{
    /// <summary>collections.OrderedDict.</summary>
    OrderedDictionary,

    /// <summary>torch._utils._rebuild_tensor and its second form: (storage, offset, size, stride, …).</summary>
    RebuildTensor,

    /// <summary>torch._utils._rebuild_tensor_v3: a view of an untyped storage, with the dtype as an argument.</summary>
    RebuildTyped,

    /// <summary>torch._utils._rebuild_parameter: (tensor, …).</summary>
    RebuildParameter,

    /// <summary>torch.Size.</summary>
    Size,

    /// <summary>A storage class such as torch.FloatStorage.</summary>
    Storage,

    /// <summary>A dtype such as torch.float32.</summary>
    DataType,
}

/// <summary>Numbers in another part of the file that tensors look into.</summary>
/// <param name="Key">The name of that part.</param>
/// <param name="Type">Null for bytes whose meaning each tensor gives.</param>
/// <param name="ElementCount">Elements (bytes when untyped) that the pickle promises.</param>
/// <param name="RootKey">The part that really holds the numbers: another one for a view of a storage, as the oldest files have.</param>
/// <param name="ViewOffset">The first element of the view in that part.</param>
internal sealed record PickledStorage(string Key, ElementType? Type, long ElementCount, string RootKey, long ViewOffset)
{
    /// <summary>Bytes of one element.</summary>
    public int ElementSize => Type?.Size() ?? 1;
}

/// <summary>A view of a storage, in elements.</summary>
internal sealed record PickledTensor(PickledStorage Storage, ElementType Type, long Offset, long[] Shape, long[] Strides);
