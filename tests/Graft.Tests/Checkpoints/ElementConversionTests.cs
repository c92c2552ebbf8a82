using System.Runtime.InteropServices;
using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

public sealed class ElementConversionTests
{
    private static readonly ushort[] s_all16 = [.. Enumerable.Range(0, 65536).Select(i => (ushort)i)];

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void EveryHalfBecomesTheEqualFloat(int skip)
    {
        float[] actual = Convert<ushort>(ElementType.F16, s_all16[skip..]);
        for (int i = 0; i < actual.Length; i++)
        {
            float expected = (float)BitConverter.UInt16BitsToHalf(s_all16[i + skip]);
            if (float.IsNaN(expected)) Assert.True(float.IsNaN(actual[i]) && float.IsNegative(actual[i]) == float.IsNegative(expected));
            else Assert.Equal(BitConverter.SingleToInt32Bits(expected), BitConverter.SingleToInt32Bits(actual[i]));
        }
    }

    [Fact]
    public void EveryBfloat16IsTheUpperHalfOfItsFloat()
    {
        float[] actual = Convert<ushort>(ElementType.BF16, s_all16[3..]);
        for (int i = 0; i < actual.Length; i++) Assert.Equal((uint)(i + 3) << 16, BitConverter.SingleToUInt32Bits(actual[i]));
    }

    [Fact]
    public void DoublesRoundToTheNearestFloat() =>
        Assert.Equal([0.1f, float.PositiveInfinity, 1f, -0f], Convert(ElementType.F64, [0.1, 1e300, 1 + 1e-12, -0.0]));

    [Fact]
    public void IntegersKeepTheirSignAndSize()
    {
        Assert.Equal([-3f, 127f], Convert<sbyte>(ElementType.I8, [-3, 127]));
        Assert.Equal([253f], Convert<byte>(ElementType.U8, [253]));
        Assert.Equal([1f, 0f], Convert<byte>(ElementType.Bool, [2, 0]));
        Assert.Equal([-30000f], Convert<short>(ElementType.I16, [-30000]));
        Assert.Equal([60000f], Convert<ushort>(ElementType.U16, [60000]));
        Assert.Equal([-2e9f], Convert(ElementType.I32, [-2_000_000_000]));
        Assert.Equal([4e9f], Convert(ElementType.U32, [4_000_000_000u]));
        Assert.Equal([-5e18f], Convert(ElementType.I64, [-5_000_000_000_000_000_000L]));
        Assert.Equal([1e19f], Convert(ElementType.U64, [10_000_000_000_000_000_000UL]));
    }

    /// <summary>Values of the OCP 8-bit floating point specification, table 1.</summary>
    [Fact]
    public void EightBitFloatsFollowTheirSpecification()
    {
        Assert.Equal(
            [0f, 0.001953125f, 0.015625f, 1f, 448f, float.NaN, -448f],
            Convert<byte>(ElementType.F8E4M3, [0x00, 0x01, 0x08, 0x38, 0x7E, 0x7F, 0xFE])
        );
        Assert.Equal(
            [1.52587890625e-5f, 6.103515625e-5f, 1f, 57344f, float.PositiveInfinity, float.NaN, float.NegativeInfinity],
            Convert<byte>(ElementType.F8E5M2, [0x01, 0x04, 0x3C, 0x7B, 0x7C, 0x7D, 0xFC])
        );
    }

    private static float[] Convert<T>(ElementType type, T[] values)
        where T : unmanaged
    {
        float[] result = new float[values.Length];
        ElementConversion.ToSingle(type, MemoryMarshal.AsBytes<T>(values), result);
        return result;
    }
}
