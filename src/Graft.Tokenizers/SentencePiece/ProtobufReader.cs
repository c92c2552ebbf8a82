using System.Buffers.Binary;

namespace Graft.Tokenizers.SentencePiece;

/// <summary>
/// Reads the fields of one Protocol Buffers message: <see cref="Next"/> goes to a field, the getters take its value, fields not asked
/// for are passed over. Every length is checked against the message.
/// </summary>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message)
{
    private const int Varint = 0, Fixed64 = 1, Delimited = 2, Fixed32 = 5;
    private ReadOnlySpan<byte> _rest = message;
    private ReadOnlySpan<byte> _value;
    private ulong _integer;
    private int _wireType;

    /// <summary>The number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field; false at the end of the message.</summary>
    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        ulong tag = ReadVarint();
        if (tag >> 3 is 0 or > int.MaxValue) throw Malformed();
        Field = (int)(tag >> 3);
        _wireType = (int)(tag & 7);
        switch (_wireType)
        {
            case Varint: _integer = ReadVarint(); break;
            case Fixed64: Take(8); break;
            case Fixed32: Take(4); break;
            case Delimited: Take(ReadVarint()); break;
            default: throw Malformed();
        }

        return true;
    }

    /// <summary>The current field as bytes, text or a message.</summary>
    public readonly ReadOnlySpan<byte> Bytes() => _wireType == Delimited ? _value : throw Malformed();

    /// <summary>The current field as an integer, an enumeration or a truth value.</summary>
    public readonly int Integer() => _wireType == Varint ? unchecked((int)_integer) : throw Malformed();

    /// <summary>The current field as a 32-bit floating-point number.</summary>
    public readonly float Single() => _wireType == Fixed32 ? BinaryPrimitives.ReadSingleLittleEndian(_value) : throw Malformed();

    private void Take(ulong length)
    {
        if (length > (ulong)_rest.Length) throw Malformed();
        _value = _rest[..(int)length];
        _rest = _rest[(int)length..];
    }

    private ulong ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < 10; i++)
        {
            if (i >= _rest.Length) throw Malformed();
            value |= (ulong)(_rest[i] & 0x7F) << (7 * i);
            if (_rest[i] >= 0x80) continue;
            _rest = _rest[(i + 1)..];
            return value;
        }

        throw Malformed();
    }

    private static InputException Malformed() => new("not a SentencePiece model, or a damaged one (malformed Protocol Buffers message)");
}
