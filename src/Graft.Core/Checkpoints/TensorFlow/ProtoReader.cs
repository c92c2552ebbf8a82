using System.Buffers.Binary;

namespace Graft.Checkpoints;

/// <summary>
/// Walks the fields of a protocol-buffer message. Every read says whether it was possible, so that broken input ends in a refusal.
/// </summary>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    private ReadOnlySpan<byte> _rest = message;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a numeric field.</summary>
    public ulong Number { get; private set; }

    /// <summary>The content of a text, bytes or message field.</summary>
    public ReadOnlySpan<byte> Content { get; private set; }

    /// <summary>True when the message could not be understood; <see cref="Next"/> has then answered false.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>Moves to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        if (TryReadVarint(ref _rest, out ulong tag) && tag <= uint.MaxValue && TryReadValue((int)(tag & 7)))
        {
            Field = (int)(tag >> 3);
            return true;
        }

        IsBroken = true;
        return false;
    }

    /// <summary>Takes a variable-length number off the front: seven bits a byte, the lowest first.</summary>
    public static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (int i = 0; i < bytes.Length && i < 10; i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }

    private bool TryReadValue(int wireType)
    {
        const int varint = 0, fixed64 = 1, delimited = 2, fixed32 = 5;
        Content = default;
        Number = 0;
        switch (wireType)
        {
            case varint:
                if (!TryReadVarint(ref _rest, out ulong number)) return false;
                Number = number;
                return true;
            case fixed64 when _rest.Length >= sizeof(ulong):
                Number = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
                _rest = _rest[sizeof(ulong)..];
                return true;
            case fixed32 when _rest.Length >= sizeof(uint):
                Number = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
                _rest = _rest[sizeof(uint)..];
                return true;
            case delimited when TryReadVarint(ref _rest, out ulong length) && length <= (ulong)_rest.Length:
                Content = _rest[..(int)length];
                _rest = _rest[(int)length..];
                return true;
            default:
                return false;
        }
    }
}
