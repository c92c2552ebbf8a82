using System.Collections.Frozen;

namespace Graft.Checkpoints;

/// <summary>The allow-list: every name that a pickle of weights may mention, and what each stands for. All others are refused.</summary>
internal static class TorchGlobals
{
    private static readonly (string Storage, string DataType, ElementType Type)[] s_types =
    [
        ("Float", "float32", ElementType.F32),
        ("Double", "float64", ElementType.F64),
        ("Half", "float16", ElementType.F16),
        ("BFloat16", "bfloat16", ElementType.BF16),
        ("Long", "int64", ElementType.I64),
        ("Int", "int32", ElementType.I32),
        ("Short", "int16", ElementType.I16),
        ("Char", "int8", ElementType.I8),
        ("Byte", "uint8", ElementType.U8),
        ("Bool", "bool", ElementType.Bool),
        ("", "uint16", ElementType.U16),
        ("", "uint32", ElementType.U32),
        ("", "uint64", ElementType.U64),
        ("", "float8_e4m3fn", ElementType.F8E4M3),
        ("", "float8_e5m2", ElementType.F8E5M2),
    ];

    // After the table: static fields are initialized in the order of the text.
    private static readonly FrozenDictionary<string, PickledGlobal> s_allowed = Allowed().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>What a name stands for.</summary>
    /// <exception cref="CheckpointException">It is not on the list; the message gives the name.</exception>
    public static PickledGlobal Find(string module, string name, string path) => s_allowed.GetValueOrDefault($"{module}.{name}")
        ?? throw new CheckpointException(path, $"refers to {module}.{name}, which weights have no use for: refused, nothing was run");

    /// <summary>Evaluates one of the allowed functions; all of them only describe data.</summary>
    public static object? Call(PickledGlobal function, object?[] arguments, string path) =>
        function.Kind switch
        {
            PickledGlobalKind.RebuildTensor => Tensor(arguments, type: null, path),
            PickledGlobalKind.RebuildTyped
                when arguments is [_, _, _, _, _, _, PickledGlobal { Kind: PickledGlobalKind.DataType } dataType, ..] => Tensor(
                arguments,
                dataType.Type,
                path
            ),
            PickledGlobalKind.RebuildParameter when arguments is [PickledTensor tensor, ..] => tensor,
            PickledGlobalKind.Size when arguments is [object?[] sizes] => sizes,
            _ => throw new CheckpointException(path, $"calls {function.Kind} with arguments that do not fit"),
        };

    /// <summary>
    /// A persistent id: ("storage", class, key, device, elements) and in the older layout a sixth entry, null or (key of the view, offset,
    /// elements).
    /// </summary>
    public static PickledStorage Storage(object?[]? id, string path)
    {
        if (
            id is not ["storage", PickledGlobal { Kind: PickledGlobalKind.Storage } storage, string key, string, long elements, ..]
            || id.Length > 6
            || elements < 0
        )
            throw new CheckpointException(path, "refers to outside data in a way that weights do not");
        return id is [.., object?[] and [string viewKey, long offset, long viewElements]]
            ? offset >= 0 && viewElements >= 0 && offset <= elements - viewElements
                ? new(viewKey, storage.Type, viewElements, key, offset)
                : throw new CheckpointException(path, $"has a view of storage {key} that reaches beyond it")
            : new(key, storage.Type, elements, key, 0);
    }

    private static PickledTensor Tensor(object?[] arguments, ElementType? type, string path)
    {
        if (arguments is not [PickledStorage storage, long offset, object?[] size, object?[] stride, ..] || size.Length != stride.Length)
            throw new CheckpointException(path, "rebuilds a tensor from arguments that do not fit");
        ElementType elementType = type ?? storage.Type ?? throw new CheckpointException(path, "has a tensor without an element type");
        return new(storage, elementType, offset, Sizes(size, path), Sizes(stride, path));
    }

    private static long[] Sizes(object?[] values, string path) =>
        [
            .. values.Select(value =>
                value is long size and >= 0
                    ? size
                    : throw new CheckpointException(path, "has a tensor with a size or stride that is not a whole number ≥ 0")
            ),
        ];

    private static IEnumerable<KeyValuePair<string, PickledGlobal>> Allowed()
    {
        yield return new("collections.OrderedDict", new(PickledGlobalKind.OrderedDictionary));
        yield return new("torch._utils._rebuild_tensor", new(PickledGlobalKind.RebuildTensor));
        yield return new("torch._utils._rebuild_tensor_v2", new(PickledGlobalKind.RebuildTensor));
        yield return new("torch._utils._rebuild_tensor_v3", new(PickledGlobalKind.RebuildTyped));
        yield return new("torch._utils._rebuild_parameter", new(PickledGlobalKind.RebuildParameter));
        yield return new("torch.Size", new(PickledGlobalKind.Size));
        yield return new("torch.storage.UntypedStorage", new(PickledGlobalKind.Storage));
        foreach ((string storage, string dataType, ElementType type) in s_types)
        {
            if (storage != "")
            {
                yield return new($"torch.{storage}Storage", new(PickledGlobalKind.Storage, type));
                yield return new($"torch.cuda.{storage}Storage", new(PickledGlobalKind.Storage, type));
            }

            yield return new($"torch.{dataType}", new(PickledGlobalKind.DataType, type));
        }
    }
}
