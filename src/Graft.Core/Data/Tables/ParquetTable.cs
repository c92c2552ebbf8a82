using System.Globalization;
using System.Text;
using System.Text.Json;
using Parquet;
using Parquet.Data;
using Parquet.Schema;

namespace Graft.Data.Tables;

/// <summary>
/// A Parquet file, read one row group at a time. Flat columns become text, lists become JSON lists; deeper nesting is left out.
/// </summary>
internal sealed class ParquetTable : Table
{
    private readonly DataField[] _fields;
    private readonly Dictionary<string, string[]> _classes;

    /// <summary>Reads the schema.</summary>
    public ParquetTable(string path)
        : base(path)
    {
        ParquetReader reader = OpenReader(out Stream stream);
        _fields = Sound<DataField[]>(() =>
            [.. reader.Schema.GetDataFields().Where(field => field.MaxRepetitionLevel <= 1 && Cells.ContainsKey(field.ClrType))]
        );
        Columns = _fields.Select(field => field.Path.FirstPart!).ToArray();
        _classes = reader.CustomMetadata.TryGetValue(ClassLabels.MetadataKey, out string? metadata) ? ClassLabels.OfMetadata(metadata) : [];
        Close(reader, stream);
        if (_fields.Length == 0) throw new InputException($"{path} has no column of text, numbers or lists of them");
    }

    /// <inheritdoc/>
    public override string Format => "parquet";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Columns { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string>? ClassNames(int column) => _classes.GetValueOrDefault(Columns[column]);

    private static Dictionary<Type, Func<ParquetRowGroupReader, DataField, string?[]>> Cells { get; } = new()
    {
        [typeof(ReadOnlyMemory<char>)] = Read<ReadOnlyMemory<char>>(value => value.ToString(), quoted: true),
        [typeof(ReadOnlyMemory<byte>)] = Read<ReadOnlyMemory<byte>>(value => System.Text.Encoding.UTF8.GetString(value.Span), quoted: true),
        [typeof(bool)] = Read<bool>(value => value ? "true" : "false"),
        [typeof(sbyte)] = Read<sbyte>(Invariant),
        [typeof(byte)] = Read<byte>(Invariant),
        [typeof(short)] = Read<short>(Invariant),
        [typeof(ushort)] = Read<ushort>(Invariant),
        [typeof(int)] = Read<int>(Invariant),
        [typeof(uint)] = Read<uint>(Invariant),
        [typeof(long)] = Read<long>(Invariant),
        [typeof(ulong)] = Read<ulong>(Invariant),
        [typeof(float)] = Read<float>(Invariant),
        [typeof(double)] = Read<double>(Invariant),
        [typeof(decimal)] = Read<decimal>(Invariant),
    };

    /// <inheritdoc/>
    public override bool CanBeCut => true;

    /// <inheritdoc/>
    public override IEnumerable<TableRow> Rows() => Rows(0, long.MaxValue);

    /// <summary>The same share of the rows; only the row groups that hold them are read.</summary>
    /// <inheritdoc/>
    public override IEnumerable<TableRow> RowsOfBytes(long from, long to, long size)
    {
        ParquetReader reader = OpenReader(out Stream stream);
        long all = 0;
        for (int group = 0; group < reader.RowGroupCount; group++) all += RowsOf(reader, group);
        Close(reader, stream);
        long Row(long at) => (long)((UInt128)all * (ulong)at / (ulong)size);
        return Rows(Row(from), Row(to));
    }

    /// <summary>The rows from one to before another, counted from 0.</summary>
    private IEnumerable<TableRow> Rows(long from, long to)
    {
        ParquetReader reader = OpenReader(out Stream stream);
        try
        {
            long before = 0;
            for (int group = 0; group < reader.RowGroupCount && before < to; group++)
            {
                long count = RowsOf(reader, group);
                if (before + count > from)
                {
                    string?[][] columns = ReadColumns(reader, group, count);
                    for (long i = Math.Max(0, from - before); i < Math.Min(count, to - before); i++)
                        yield return new TableRow(before + i + 1, columns.Select(column => column[i]).ToArray());
                }

                before += count;
            }
        }
        finally
        {
            Close(reader, stream);
        }
    }

    private long RowsOf(ParquetReader reader, int group) => Sound(() =>
    {
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
        return rows.RowCount;
    });

    /// <summary>The cells of each column of a row group; every column has one for each row, or the file is damaged.</summary>
    private string?[][] ReadColumns(ParquetReader reader, int group, long count) => Sound(() =>
    {
        using ParquetRowGroupReader rows = reader.OpenRowGroupReader(group);
        string?[][] columns = [.. _fields.Select(field => Cells[field.ClrType](rows, field))];
        return Array.Find(columns, column => column.Length != count) is { } odd
            ? throw new InvalidDataException(
                string.Create(CultureInfo.InvariantCulture, $"a row group of {count} rows has a column of {odd.Length} values")
            )
            : columns;
    });

    /// <summary>What a damaged file makes of the reader, as a refusal.</summary>
    private T Sound<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is not InputException)
        {
            // Damaged sizes ask for impossible amounts of memory, so that this is a kind of damage too.
            throw new InputException($"{Path} is not a sound Parquet file: {OneLine(error.Message)}", error);
        }
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ");

    private static string Invariant<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    /// <summary>A column of one row group as cells: definition levels tell nulls, repetition levels tell where a list goes on.</summary>
    private static Func<ParquetRowGroupReader, DataField, string?[]> Read<T>(Func<T, string> format, bool quoted = false)
        where T : struct => (rows, field) =>
    {
        using RawColumnData<T> data = (RawColumnData<T>)rows.ReadRawColumnDataBaseAsync(field).AsTask().GetAwaiter().GetResult();
        ReadOnlySpan<T> values = data.Values;
        ReadOnlySpan<int> definitions = field.MaxDefinitionLevel > 0 ? data.DefinitionLevels : [];
        ReadOnlySpan<int> repetitions = field.MaxRepetitionLevel > 0 ? data.RepetitionLevels : [];
        int entries = definitions.IsEmpty ? values.Length : definitions.Length;
        List<string?> cells = new(entries);
        StringBuilder? list = null;
        int next = 0;
        for (int i = 0; i < entries; i++)
        {
            bool present = definitions.IsEmpty || definitions[i] == field.MaxDefinitionLevel;
            string? value = present ? format(values[next++]) : null;
            if (field.MaxRepetitionLevel == 0)
            {
                cells.Add(value);
                continue;
            }

            if (repetitions[i] == 0 && list is not null) cells.Add(list.Append(']').ToString());
            if (repetitions[i] == 0) list = new StringBuilder("[");
            if (value is null) continue;
            if (list!.Length > 1) list.Append(',');
            list.Append(quoted ? $"\"{JsonEncodedText.Encode(value)}\"" : value);
        }

        if (list is not null) cells.Add(list.Append(']').ToString());
        return [.. cells];
    };

    private ParquetReader OpenReader(out Stream stream)
    {
        // Parquet is read from its end, so a compressed stream would not do; Parquet compresses its own pages.
        Stream opened = stream = DataFile.OpenBytes(Path);
        try
        {
            return Sound(() => ParquetReader.CreateAsync(opened).GetAwaiter().GetResult());
        }
        catch (InputException)
        {
            stream.Dispose();
            throw;
        }
    }

    private static void Close(ParquetReader reader, Stream stream)
    {
        reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        stream.Dispose();
    }
}
