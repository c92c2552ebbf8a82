using System.Buffers.Binary;
using System.Text;
using Graft.Reports.TensorBoard;
using Graft.Tests.Data;

namespace Graft.Tests.Reports;

public sealed class EventWriterTests : DataFolder
{
    /// <summary>Check values of CRC-32C from RFC 3720, B.4, and the mask of the TFRecord format.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43u)]
    [InlineData("313233343536373839", 0xE3069283u)]
    public void ChecksumsAreCastagnolis(string hex, uint crc) =>
        Assert.Equal(unchecked(((crc >> 15) | (crc << 17)) + 0xA282EAD8), MaskedCrc32C.Of(Convert.FromHexString(hex)));

    [Fact]
    public void ScalarsAreReadBack()
    {
        string path;
        using (EventWriter writer = new(PathOf("logs"), new FixedTime()))
        {
            writer.Scalar("loss/train", 1, 0.75);
            writer.Scalar("loss/train", 1_000_000, 0.5);
            path = writer.FilePath;
        }

        Assert.Contains("events.out.tfevents.1700000000.", path, StringComparison.Ordinal);
        Event[] events = Read(File.ReadAllBytes(path)).ToArray();
        Assert.Equal(new Event(1_700_000_000.25, 0, "brain.Event:2", null, null), events[0]);
        Assert.Equal(new Event(1_700_000_000.25, 1, null, "loss/train", 0.75f), events[1]);
        Assert.Equal(new Event(1_700_000_000.25, 1_000_000, null, "loss/train", 0.5f), events[2]);
    }

    [Fact]
    public void AnUnwritableFolderIsOneLine()
    {
        string file = Write("file", "not a folder");
        Assert.Throws<RunFailedException>(() => new EventWriter(Path.Combine(file, "logs")));
    }

    /// <summary>A reader of TFRecords that checks both checksums.</summary>
    private static IEnumerable<Event> Read(byte[] bytes)
    {
        for (int position = 0; position < bytes.Length;)
        {
            int length = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(position));
            Assert.Equal(MaskedCrc32C.Of(bytes.AsSpan(position, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position + 8)));
            byte[] data = bytes.AsSpan(position + 12, length).ToArray();
            Assert.Equal(MaskedCrc32C.Of(data), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(position + 12 + length)));
            position += length + 16;
            Dictionary<int, object> message = Fields(data);
            Dictionary<int, object>? value = message.TryGetValue(5, out object? summary)
                ? Fields((byte[])Fields((byte[])summary)[1])
                : null;
            yield return new Event(
                BitConverter.Int64BitsToDouble((long)message[1]),
                message.TryGetValue(2, out object? step) ? (long)step : 0,
                message.TryGetValue(3, out object? version) ? Encoding.UTF8.GetString((byte[])version) : null,
                value is null ? null : Encoding.UTF8.GetString((byte[])value[1]),
                value is null ? null : BitConverter.Int32BitsToSingle((int)value[2]));
        }
    }

    private static Dictionary<int, object> Fields(byte[] data)
    {
        Dictionary<int, object> fields = [];
        int position = 0;
        long Varint()
        {
            long value = 0;
            for (int shift = 0; ; shift += 7)
            {
                byte next = data[position++];
                value |= (long)(next & 0x7F) << shift;
                if (next < 0x80) return value;
            }
        }

        while (position < data.Length)
        {
            int tag = (int)Varint();
            switch (tag & 7)
            {
                case 0:
                    fields[tag >> 3] = Varint();
                    break;
                case 1:
                    fields[tag >> 3] = BinaryPrimitives.ReadInt64LittleEndian(data.AsSpan(position));
                    position += 8;
                    break;
                case 5:
                    fields[tag >> 3] = BinaryPrimitives.ReadInt32LittleEndian(data.AsSpan(position));
                    position += 4;
                    break;
                default:
                    int length = (int)Varint();
                    fields[tag >> 3] = data.AsSpan(position, length).ToArray();
                    position += length;
                    break;
            }
        }

        return fields;
    }

    private sealed record Event(double WallTime, long Step, string? Version, string? Tag, float? Value);

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_250);
    }
}
