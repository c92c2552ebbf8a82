using System.Globalization;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using static System.FormattableString;

namespace Graft.Checkpoints;

/// <summary>
/// Interprets the part of Python's pickle language that weights are written in. It only ever builds the values of PickleValues.cs: names
/// outside the allow-list of <see cref="TorchGlobals"/> are refused, so nothing in a file can run. Nesting costs no stack, references are
/// shared and never copied, and the memory of all values is limited.
/// </summary>
internal sealed class PickleMachine
{
    /// <summary>Memory that the values of one pickle may take, in bytes: that of some tens of thousands of tensors.</summary>
    private const long MemoryLimit = 48L << 20;

    /// <summary>Rough memory of one instruction: a boxed number, a place on the stack and in the memo.</summary>
    private const int InstructionCost = 32;

    private const int ContainerCost = 80;
    private const int MaxMemo = 1 << 21;
    private const int MaxNameBytes = 512;

    private readonly MappedFile _file;
    private readonly long _end;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = new();
    private readonly List<object?> _memo = [];
    private long _memory;

    private PickleMachine(MappedFile file, long start, long length)
    {
        _file = file;
        Position = start;
        _end = start + length;
    }

    /// <summary>The offset in the file of the next byte to read.</summary>
    private long Position { get; set; }

    /// <summary>Reads one pickle and says where it ended.</summary>
    /// <param name="file">The file that holds it.</param>
    /// <param name="start">Where it begins, in bytes; afterwards the first byte behind it.</param>
    /// <param name="length">Bytes it may take.</param>
    /// <exception cref="CheckpointException">It is cut short, is not a pickle, or contains something that weights have no use
    /// for.</exception>
    public static object? Read(MappedFile file, ref long start, long length)
    {
        PickleMachine machine = new(file, start, length);
        object? value = machine.Run();
        start = machine.Position;
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            byte code = ReadByte();
            if (code == '.') return Pop();
            Charge(InstructionCost);
            if (!(Literal(code) || Container(code) || StackOrMemo(code) || Construction(code)))
                throw Error(
                    string.Create(CultureInfo.InvariantCulture,
                        $"byte 0x{code:X2} at {Position - 1} is not an instruction of a pickle of weights: not a PyTorch checkpoint, "
                            + $"or damaged"
                    )
                );
        }
    }

    /// <summary>Instructions that push a constant.</summary>
    private bool Literal(byte code)
    {
        switch ((char)code)
        {
            case 'N': _stack.Add(null); return true;
            case '\x88': _stack.Add(true); return true;
            case '\x89': _stack.Add(false); return true;
            case 'K': _stack.Add((long)ReadByte()); return true;
            case 'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); return true;
            case 'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); return true;
            case '\x8a': _stack.Add(Integer(Take(ReadByte()))); return true;
            case 'I' or 'L': _stack.Add(ParseInteger(ReadLine())); return true;
            case 'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); return true;
            case '\x8c': _stack.Add(Text(ReadByte())); return true;
            case 'X': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); return true;
            case '\x8d': _stack.Add(Text(BinaryPrimitives.ReadUInt64LittleEndian(Take(8)))); return true;
            case 'U': _stack.Add(Text(ReadByte())); return true;
            case 'T': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); return true;
            case 'V': _stack.Add(ReadLine()); return true;
            case 'S': _stack.Add(ReadLine().Trim('\'', '"')); return true;
            default: return false;
        }
    }

    /// <summary>Instructions that make or fill a tuple, list or dictionary.</summary>
    private bool Container(byte code)
    {
        switch ((char)code)
        {
            case ')': _stack.Add(Array.Empty<object?>()); return true;
            case '\x85': _stack.Add(PopMany(1)); return true;
            case '\x86': _stack.Add(PopMany(2)); return true;
            case '\x87': _stack.Add(PopMany(3)); return true;
            case 't': _stack.Add(PopToMark()); return true;
            case ']': _stack.Add(NewList([])); return true;
            case 'l': _stack.Add(NewList(PopToMark())); return true;
            case '}': _stack.Add(NewDictionary([])); return true;
            case 'd': _stack.Add(NewDictionary(PopToMark())); return true;
            case 'a': Append(PopMany(1)); return true;
            case 'e': Append(PopToMark()); return true;
            case 's': SetItems(Top<PickledDictionary>(PopMany(2), out object?[] pair), pair); return true;
            case 'u': SetItems(Top<PickledDictionary>(PopToMark(), out object?[] pairs), pairs); return true;
            default: return false;
        }
    }

    /// <summary>Instructions that move values between the stack and the memo, and the frames around them.</summary>
    private bool StackOrMemo(byte code)
    {
        switch ((char)code)
        {
            case '(': _marks.Push(_stack.Count); return true;
            case '0': _ = Pop(); return true;
            case '1': _ = PopToMark(); return true;
            case '2': _stack.Add(Peek()); return true;
            case 'q': Memorize(ReadByte()); return true;
            case 'r': Memorize(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); return true;
            case 'p': Memorize(Whole(ParseInteger(ReadLine()), "memo index")); return true;
            case '\x94': Memorize(_memo.Count); return true;
            case 'h': _stack.Add(Recall(ReadByte())); return true;
            case 'j': _stack.Add(Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); return true;
            case 'g': _stack.Add(Recall(Whole(ParseInteger(ReadLine()), "memo index"))); return true;
            case '\x80': RequireProtocol(ReadByte()); return true;
            case '\x95': _ = Take(8); return true;
            default: return false;
        }
    }

    /// <summary>Instructions that name, call or complete something: where a hostile pickle does its work.</summary>
    private bool Construction(byte code)
    {
        switch ((char)code)
        {
            case 'c':
                string module = ReadLine();
                _stack.Add(TorchGlobals.Find(module, ReadLine(), _file.FilePath));
                return true;
            case '\x93':
                object?[] names = PopMany(2);
                _stack.Add(TorchGlobals.Find(names[0] as string ?? "?", names[1] as string ?? "?", _file.FilePath));
                return true;
            case 'R':
                object?[] call = PopMany(2);
                Charge(2 * ContainerCost);
                _stack.Add(Call(call[0] as PickledGlobal, call[1] as object?[]));
                return true;
            case 'b':
                // The state of an OrderedDict is its _metadata: versions of module classes, of no use here.
                _ = Pop();
                if (Peek() is not PickledDictionary) throw Error("sets attributes of something that is not an OrderedDict");
                return true;
            case 'Q':
                Charge(ContainerCost);
                _stack.Add(TorchGlobals.Storage(Pop() as object?[], _file.FilePath));
                return true;
            default: return false;
        }
    }

    private object? Call(PickledGlobal? function, object?[]? arguments)
    {
        if (function is null || arguments is null) throw Error("calls something that is not a function with a tuple of arguments");
        if (function.Kind != PickledGlobalKind.OrderedDictionary) return TorchGlobals.Call(function, arguments, _file.FilePath);
        PickledDictionary dictionary = NewDictionary([]);
        foreach (object? item in arguments.FirstOrDefault() as List<object?> ?? [])
        {
            if (item is List<object?> { Count: 2 } pair) SetItems(dictionary, [.. pair]);
            else throw Error("makes an OrderedDict of something other than pairs");
        }

        return dictionary;
    }

    private List<object?> NewList(object?[] items)
    {
        Charge(ContainerCost + (8 * items.Length));
        return [.. items];
    }

    private PickledDictionary NewDictionary(object?[] keysAndValues)
    {
        Charge(ContainerCost);
        PickledDictionary dictionary = new();
        SetItems(dictionary, keysAndValues);
        return dictionary;
    }

    private void SetItems(PickledDictionary dictionary, object?[] keysAndValues)
    {
        if (keysAndValues.Length % 2 != 0) throw Error("has a dictionary key without a value");
        Charge(16L * keysAndValues.Length);
        for (int i = 0; i < keysAndValues.Length; i += 2)
        {
            if (keysAndValues[i] is not (string or long) and not null)
                throw Error("has a dictionary key that is neither text nor a number");
            dictionary.Items.Add((keysAndValues[i] ?? "None", keysAndValues[i + 1]));
        }
    }

    private void Append(object?[] items)
    {
        Charge(16L * items.Length);
        Top<List<object?>>(items, out _).AddRange(items);
    }

    /// <summary>The container below the items that were just taken off the stack.</summary>
    private T Top<T>(object?[] taken, out object?[] items)
        where T : class
    {
        items = taken;
        return Peek() as T ?? throw Error("adds items to something that does not take them");
    }

    private void Memorize(long index)
    {
        if (index >= MaxMemo) throw Error(Invariant($"memorizes value number {index}: more than weights need"));
        while (_memo.Count <= index) _memo.Add(null);
        _memo[(int)index] = Peek();
    }

    private object? Recall(long index) =>
        index < _memo.Count ? _memo[(int)index] : throw Error(Invariant($"refers to value number {index}, which was never memorized"));

    private object? Peek()
    {
        RequireAboveMark(1);
        return _stack[^1];
    }

    private object? Pop()
    {
        object? value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopMany(int count)
    {
        RequireAboveMark(count);
        return Cut(_stack.Count - count);
    }

    private object?[] PopToMark() => _marks.TryPop(out int mark) ? Cut(mark) : throw Error("closes a group that was never opened");

    private object?[] Cut(int from)
    {
        Charge(24 + (8L * (_stack.Count - from)));
        object?[] items = [.. _stack.Skip(from)];
        _stack.RemoveRange(from, items.Length);
        return items;
    }

    /// <summary>Values below the last mark belong to an unfinished group.</summary>
    private void RequireAboveMark(int count)
    {
        if (_stack.Count - (_marks.TryPeek(out int mark) ? mark : 0) < count) throw Error("takes a value from an empty stack");
    }

    private void RequireProtocol(byte version)
    {
        if (version > 5) throw Error(Invariant($"has pickle protocol {version}; 0 to 5 are known"));
    }

    private string Text(ulong length)
    {
        if (length > (ulong)MemoryLimit) throw Error(Invariant($"has a text of {length} bytes"));
        Charge(2 * (long)length);
        return Encoding.UTF8.GetString(Take((int)length));
    }

    /// <summary>The rest of a line, as the oldest protocol writes names and numbers.</summary>
    private string ReadLine()
    {
        int available = (int)Math.Min(MaxNameBytes, _end - Position);
        int length = _file.Slice(Position, available).IndexOf((byte)'\n');
        if (length < 0) throw Error(Invariant($"has a line without an end at {Position}"));
        Charge(2L * length);
        string line = Encoding.UTF8.GetString(Take(length));
        _ = ReadByte();
        return line;
    }

    private byte ReadByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _end - Position) throw Error("the pickle is cut short");
        ReadOnlySpan<byte> bytes = _file.Slice(Position, count);
        Position += count;
        return bytes;
    }

    /// <summary>A little-endian two's complement number of any length.</summary>
    private static object Integer(ReadOnlySpan<byte> bytes)
    {
        BigInteger value = new(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value;
    }

    private object ParseInteger(string line) =>
        line switch
        {
            "00" => false,
            "01" => true,
            _ when long.TryParse(
                    line.AsSpan().TrimEnd('L'),
                    System.Globalization.NumberStyles.AllowLeadingSign,
                    System.Globalization.CultureInfo.InvariantCulture,
                    out long value
                ) => value,
            _ => throw Error($"has the number “{line}”, which is none"),
        };

    private long Whole(object value, string what) =>
        value is long number and >= 0 ? number : throw Error($"has a {what} that is not a whole number");

    private void Charge(long bytes)
    {
        _memory += bytes;
        if (_memory > MemoryLimit)
            throw Error(
                Invariant($"the pickle needs more than {MemoryLimit >> 20} MB of memory for its structure: not a checkpoint of weights")
            );
    }

    private CheckpointException Error(string problem) => new(_file.FilePath, problem);
}
