namespace Graft.Data;

/// <summary>Converts offsets counted in Unicode code points, as published data sets have them, to UTF-16 offsets and back.</summary>
internal static class CodePoints
{
    /// <summary>The UTF-16 offset of a code point; −1 when the text is shorter.</summary>
    /// <example><c>("😀a", 1)</c> → 2</example>
    public static int ToUtf16(string text, int codePoint)
    {
        if (codePoint < 0 || codePoint > text.Length) return -1;
        int index = 0;
        for (int i = 0; i < codePoint; i++)
        {
            if (index >= text.Length) return -1;
            index += char.IsSurrogatePair(text, index) ? 2 : 1;
        }

        return index;
    }

    /// <summary>The number of code points before a UTF-16 offset.</summary>
    public static int FromUtf16(string text, int index)
    {
        int count = 0;
        for (int i = 0; i < index; count++) i += char.IsSurrogatePair(text, i) ? 2 : 1;
        return count;
    }
}
