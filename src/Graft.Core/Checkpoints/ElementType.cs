namespace Graft.Checkpoints;

/// <summary>
/// How a file stores the numbers of a tensor, in ascending order of the reference safetensors library (a file lists the largest first).
/// </summary>
public enum ElementType
{
    /// <summary>One byte, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned byte.</summary>
    U8,

    /// <summary>Signed byte.</summary>
    I8,

    /// <summary>8-bit float with 5 exponent bits, infinities and NaNs as in IEEE 754.</summary>
    F8E5M2,

    /// <summary>8-bit float with 4 exponent bits and no infinity.</summary>
    F8E4M3,

    /// <summary>16-bit signed integer.</summary>
    I16,

    /// <summary>16-bit unsigned integer.</summary>
    U16,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>The upper half of a single-precision float.</summary>
    BF16,

    /// <summary>32-bit signed integer.</summary>
    I32,

    /// <summary>32-bit unsigned integer.</summary>
    U32,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>64-bit signed integer.</summary>
    I64,

    /// <summary>64-bit unsigned integer.</summary>
    U64,
}

/// <summary>Sizes and published names of the element types.</summary>
internal static class ElementTypes
{
    private static readonly Dictionary<string, ElementType> s_bySafetensorsName =
        Enum.GetValues<ElementType>().ToDictionary(SafetensorsName, StringComparer.Ordinal);

    /// <summary>Bytes of one element.</summary>
    public static int Size(this ElementType type) => type switch
    {
        ElementType.Bool or ElementType.U8 or ElementType.I8 or ElementType.F8E5M2 or ElementType.F8E4M3 => 1,
        ElementType.I16 or ElementType.U16 or ElementType.F16 or ElementType.BF16 => 2,
        ElementType.I32 or ElementType.U32 or ElementType.F32 => 4,
        ElementType.F64 or ElementType.I64 or ElementType.U64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not an element type"),
    };

    /// <summary>True for the types whose values are weights rather than indices or flags.</summary>
    public static bool IsFloatingPoint(this ElementType type) =>
        type is ElementType.F32 or ElementType.F16 or ElementType.BF16 or ElementType.F64 or ElementType.F8E4M3 or ElementType.F8E5M2;

    /// <summary>The name in the header of a safetensors file.</summary>
    public static string SafetensorsName(this ElementType type) => type switch
    {
        ElementType.Bool => "BOOL",
        ElementType.F8E5M2 => "F8_E5M2",
        ElementType.F8E4M3 => "F8_E4M3",
        _ => type.ToString(),
    };

    /// <summary>The type with this name in the header of a safetensors file; false when there is none.</summary>
    public static bool TryParseSafetensors(string name, out ElementType type) => s_bySafetensorsName.TryGetValue(name, out type);
}
