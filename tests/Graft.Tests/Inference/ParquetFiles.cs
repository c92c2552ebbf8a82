using Parquet;
using Parquet.Schema;

namespace Graft.Tests.Inference;

/// <summary>Parquet files of texts.</summary>
internal static class ParquetFiles
{
    public static void Write(string path, IReadOnlyList<string> columns, string[][] rows)
    {
        DataField<string>[] fields = [.. columns.Select(name => new DataField<string>(name))];
        using FileStream stream = File.Create(path);
        ParquetWriter writer = ParquetWriter.CreateAsync(new ParquetSchema(fields), stream).GetAwaiter().GetResult();
        using (ParquetRowGroupWriter group = writer.CreateRowGroup())
        {
            for (int column = 0; column < fields.Length; column++)
                group.WriteAsync(fields[column], (string[])[.. rows.Select(row => row[column])]).GetAwaiter().GetResult();
        }

        writer.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
