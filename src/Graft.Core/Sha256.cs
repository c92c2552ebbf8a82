using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Graft;

/// <summary>
/// SHA-256 (FIPS 180-4) that needs no library of the system: .NET's own where its cryptography works, because that uses the processor's
/// instructions, and otherwise the same computed here.
/// </summary>
internal sealed class Sha256 : IDisposable
{
    private const int Block = 64;

    private static readonly uint[] s_constants =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private readonly IncrementalHash? _system;
    private readonly uint[] _state = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    private readonly byte[] _pending = new byte[Block];
    private long _length;

    public Sha256() : this(OpenSsl.IsThere)
    {
    }

    /// <param name="useSystem">Whether .NET's own is used.</param>
    internal Sha256(bool useSystem) => _system = useSystem ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;

    /// <summary>The hash of some bytes, in lower-case hexadecimal.</summary>
    public static string Of(ReadOnlySpan<byte> data)
    {
        using Sha256 hash = new();
        hash.Append(data);
        return hash.Finish();
    }

    /// <summary>The hash of a text's UTF-8 bytes.</summary>
    public static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>The hash of a stream from where it stands to its end.</summary>
    public static string Of(Stream stream)
    {
        using Sha256 hash = new();
        byte[] buffer = new byte[1 << 20];
        for (int count; (count = stream.Read(buffer)) > 0;) hash.Append(buffer.AsSpan(0, count));
        return hash.Finish();
    }

    /// <summary>More of the message.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        if (_system is not null)
        {
            _system.AppendData(data);
            return;
        }

        int pending = (int)(_length % Block);
        _length += data.Length;
        if (pending > 0)
        {
            int taken = Math.Min(Block - pending, data.Length);
            data[..taken].CopyTo(_pending.AsSpan(pending));
            data = data[taken..];
            if (pending + taken < Block) return;
            Compress(_pending);
        }

        for (; data.Length >= Block; data = data[Block..]) Compress(data[..Block]);
        data.CopyTo(_pending);
    }

    /// <summary>The hash in lower-case hexadecimal; nothing can be appended afterwards.</summary>
    public string Finish()
    {
        if (_system is not null) return Convert.ToHexStringLower(_system.GetHashAndReset());
        long bits = 8 * _length;
        int zeros = (int)((2 * Block - 9 - _length % Block) % Block);
        byte[] end = new byte[1 + zeros + 8];
        end[0] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(end.AsSpan(1 + zeros), bits);
        Append(end);
        byte[] hash = new byte[32];
        for (int i = 0; i < _state.Length; i++) BinaryPrimitives.WriteUInt32BigEndian(hash.AsSpan(4 * i), _state[i]);
        return Convert.ToHexStringLower(hash);
    }

    public void Dispose() => _system?.Dispose();

    /// <summary>One block of the message into the state: §6.2.2 of the standard, with its names.</summary>
    private void Compress(ReadOnlySpan<byte> block)
    {
        Span<uint> w = stackalloc uint[64];
        for (int t = 0; t < 16; t++) w[t] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * t)..]);
        for (int t = 16; t < 64; t++)
        {
            uint x = w[t - 15], y = w[t - 2];
            uint small0 = BitOperations.RotateRight(x, 7) ^ BitOperations.RotateRight(x, 18) ^ (x >> 3);
            uint small1 = BitOperations.RotateRight(y, 17) ^ BitOperations.RotateRight(y, 19) ^ (y >> 10);
            w[t] = small1 + w[t - 7] + small0 + w[t - 16];
        }

        uint a = _state[0], b = _state[1], c = _state[2], d = _state[3], e = _state[4], f = _state[5], g = _state[6], h = _state[7];
        for (int t = 0; t < 64; t++)
        {
            uint large1 = BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25);
            uint t1 = h + large1 + ((e & f) ^ (~e & g)) + s_constants[t] + w[t];
            uint large0 = BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22);
            uint t2 = large0 + ((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d + t1, c, b, a, t1 + t2);
        }

        _state[0] += a;
        _state[1] += b;
        _state[2] += c;
        _state[3] += d;
        _state[4] += e;
        _state[5] += f;
        _state[6] += g;
        _state[7] += h;
    }
}
