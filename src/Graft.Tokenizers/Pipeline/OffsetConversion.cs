using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Pipeline;

/// <summary>Turns offsets in UTF-16 units into another unit.</summary>
internal static class OffsetConversion
{
    /// <summary>
    /// Converts the offsets of an encoding and its further windows. <paramref name="texts"/>: for each of the two sequences its words, or
    /// its one text.
    /// </summary>
    public static void Apply(TokenizedText encoding, IReadOnlyList<string>[] texts, bool isSplit, OffsetUnit unit)
    {
        if (unit == OffsetUnit.Utf16) return;
        int[]?[][] tables = [.. texts.Select(words => words.Select(word => Table(word, unit)).ToArray())];
        if (tables.All(words => words.All(table => table is null))) return;
        Convert(encoding);
        foreach (TokenizedText window in encoding.Overflow) Convert(window);

        void Convert(TokenizedText target)
        {
            for (int i = 0; i < target.Length; i++)
            {
                if (target.SequenceIds[i] < 0) continue;
                int[]? table = tables[target.SequenceIds[i]][isSplit ? target.WordIds[i] : 0];
                if (table is not null) target.Offsets[i] = new(table[target.Offsets[i].Start], table[target.Offsets[i].End]);
            }
        }
    }

    // The place in the other unit of every UTF-16 index; null where both are the same.
    private static int[]? Table(string text, OffsetUnit unit)
    {
        bool same = unit == OffsetUnit.CodePoint ? !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') : System.Text.Ascii.IsValid(text);
        if (same) return null;
        int[] table = new int[text.Length + 1];
        int place = 0;
        for (int i = 0; i < text.Length;)
        {
            int codePoint = Utf16.At(text, i, out int length);
            for (int k = 0; k < length; k++) table[i + k] = place;
            place += unit == OffsetUnit.CodePoint ? 1 : Utf16.Utf8Length(codePoint);
            i += length;
        }

        table[text.Length] = place;
        return table;
    }
}
