using System.Buffers;

namespace Graft.Corpus;

/// <summary>
/// Cuts a paragraph into sentences without knowing its language: behind a run of sentence-ending marks of any script and the quotes and
/// brackets that close with it. A full stop needs white space behind it and no small letter next, and ends nothing after a single capital
/// ("J. Smith") or inside a number; ideographic marks need no space.
/// <code>"Is it true?" he asked. 他来了。她走了。  →  ["Is it true?" he asked.] [ 他来了。] [她走了。]</code>
/// </summary>
internal static class SentenceSplitter
{
    private static readonly SearchValues<char> s_ends = SearchValues.Create(".!?…‼⁇⁈⁉。！？｡．؟۔।॥።፧፨។៕༎᠃᠉꓿");
    private static readonly SearchValues<char> s_endsWithoutSpace = SearchValues.Create("。！？｡．");
    private static readonly SearchValues<char> s_closing = SearchValues.Create("\"'”’»›)]}」』】）〉》");

    /// <summary>Appends the sentences; together they are the whole paragraph, white space before a sentence belongs to it.</summary>
    /// <param name="paragraph">Text without line breaks that matter.</param>
    /// <param name="sentences">Receives the ranges in order.</param>
    public static void Split(ReadOnlySpan<char> paragraph, List<Range> sentences)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        int start = 0, from = 0;
        while (from < paragraph.Length && paragraph[from..].IndexOfAny(s_ends) is >= 0 and int next)
        {
            int first = from + next, end = first + 1;
            while (end < paragraph.Length && s_ends.Contains(paragraph[end])) end++;
            while (end < paragraph.Length && s_closing.Contains(paragraph[end])) end++;
            from = end;
            if (end == paragraph.Length || !EndsSentence(paragraph, first, end)) continue;
            sentences.Add(start..end);
            start = end;
        }

        if (!paragraph[start..].IsWhiteSpace()) sentences.Add(start..paragraph.Length);
    }

    private static bool EndsSentence(ReadOnlySpan<char> text, int mark, int end)
    {
        if (s_endsWithoutSpace.Contains(text[mark])) return true;
        if (!char.IsWhiteSpace(text[end])) return false;
        int next = end;
        while (next < text.Length && (char.IsWhiteSpace(text[next]) || char.IsPunctuation(text[next])))
            next++;
        if (next < text.Length && char.IsLower(text[next]))
            return false;
        bool initial =
            text[mark] == '.' && mark >= 1 && char.IsUpper(text[mark - 1]) && (mark == 1 || !char.IsLetterOrDigit(text[mark - 2]));
        return !initial;
    }
}
