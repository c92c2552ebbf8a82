using System.Net;
using System.Text;

namespace Graft.Corpus.Readers;

/// <summary>
/// Readable text out of wiki markup: templates, tables, references, comments, files and categories go; links keep their words; headings and
/// list marks go with their signs.
/// <code>'''Paris''' is the [[capital city|capital]] of [[France]].{{cite}}  →  Paris is the capital of France.</code>
/// </summary>
internal static class WikiMarkup
{
    private static readonly string[] s_droppedElements =
    [
        "ref",
        "math",
        "gallery",
        "timeline",
        "syntaxhighlight",
        "code",
        "score",
        "imagemap",
    ];

    public static string ToText(string markup)
    {
        string text = DropBetween(markup, "<!--", "-->");
        foreach (string element in s_droppedElements) text = DropElement(text, element);
        text = DropNested(text, "{{", "}}");
        text = DropNested(text, "{|", "|}");
        text = Links(text);
        text = DropTags(text).Replace("'''", "", StringComparison.Ordinal).Replace("''", "", StringComparison.Ordinal);
        StringBuilder result = new(text.Length);
        foreach (ReadOnlySpan<char> line in text.AsSpan().EnumerateLines())
        {
            ReadOnlySpan<char> content = line.TrimStart("*#:; ").Trim();
            bool heading = content.Length > 2 && content[0] == '=' && content[^1] == '=';
            if (content.IsEmpty || heading || content.StartsWith("__")) continue;
            result.Append(WebUtility.HtmlDecode(content.ToString())).Append('\n');
        }

        return result.ToString();
    }

    private static string DropBetween(string text, string open, string close)
    {
        int at = text.IndexOf(open, StringComparison.Ordinal);
        if (at < 0) return text;
        StringBuilder kept = new(text.Length);
        int from = 0;
        while (at >= 0)
        {
            kept.Append(text, from, at - from);
            int end = text.IndexOf(close, at + open.Length, StringComparison.Ordinal);
            if (end < 0) return kept.ToString();
            from = end + close.Length;
            at = text.IndexOf(open, from, StringComparison.Ordinal);
        }

        return kept.Append(text, from, text.Length - from).ToString();
    }

    private static string DropElement(string text, string name)
    {
        string open = "<" + name, close = "</" + name + ">";
        StringBuilder kept = new(text.Length);
        int from = 0;
        while (text.IndexOf(open, from, StringComparison.OrdinalIgnoreCase) is >= 0 and int at)
        {
            kept.Append(text, from, at - from);
            int tagEnd = text.IndexOf('>', at);
            if (tagEnd < 0) return kept.ToString();
            // <ref …/>, or <references>
            bool empty = text[tagEnd - 1] == '/' || (at + open.Length < text.Length && char.IsLetter(text[at + open.Length]));
            int end = empty ? -1 : text.IndexOf(close, tagEnd, StringComparison.OrdinalIgnoreCase);
            from = end < 0 ? tagEnd + 1 : end + close.Length;
        }

        return from == 0 ? text : kept.Append(text, from, text.Length - from).ToString();
    }

    private static string DropNested(string text, string open, string close)
    {
        StringBuilder kept = new(text.Length);
        int depth = 0;
        for (int i = 0; i < text.Length; i++)
        {
            if (Matches(text, i, open))
            {
                depth++;
                i++;
            }
            else if (depth > 0 && Matches(text, i, close))
            {
                depth--;
                i++;
            }
            else if (depth == 0)
            {
                kept.Append(text[i]);
            }
        }

        return kept.ToString();
    }

    /// <summary>
    /// [[target|words]] → words; [[File:…]], [[Category:…]] and their like in any language → nothing; [address words] → words.
    /// </summary>
    private static string Links(string text)
    {
        StringBuilder result = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '[')
            {
                result.Append(text[i]);
                continue;
            }

            bool inner = Matches(text, i, "[[");
            int end = inner ? LinkEnd(text, i) : text.IndexOf(']', i);
            if (end < 0) break;
            string content = text[(i + (inner ? 2 : 1))..(inner ? end - 2 : end)];
            if (inner)
                result.Append(LinkWords(content));
            else if (content.IndexOf(' ', StringComparison.Ordinal) is > 0 and int space)
                result.Append(content, space + 1, content.Length - space - 1);
            i = inner ? end - 1 : end;
        }

        return result.ToString();
    }

    private static string LinkWords(string content)
    {
        int colon = content.IndexOf(':', StringComparison.Ordinal),
            bar = content.LastIndexOf('|');
        bool otherNamespace =
            colon > 0 && (bar < 0 || colon < content.IndexOf('|', StringComparison.Ordinal)) && !content.AsSpan(0, colon).Contains(' ');
        return otherNamespace ? ""
            : bar < 0 ? content
            : content[(bar + 1)..];
    }

    private static int LinkEnd(string text, int start)
    {
        int depth = 0;
        for (int i = start; i + 1 < text.Length; i++)
        {
            if (Matches(text, i, "[[")) (depth, i) = (depth + 1, i + 1);
            else if (Matches(text, i, "]]")) (depth, i) = (depth - 1, i + 1);
            if (depth == 0) return i + 1;
        }

        return -1;
    }

    private static string DropTags(string text)
    {
        StringBuilder kept = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            bool tag = text[i] == '<' && i + 1 < text.Length && (char.IsLetter(text[i + 1]) || text[i + 1] == '/');
            int end = tag ? text.IndexOf('>', i) : -1;
            if (end > 0) i = end;
            else kept.Append(text[i]);
        }

        return kept.ToString();
    }

    private static bool Matches(string text, int at, string what) => string.CompareOrdinal(text, at, what, 0, what.Length) == 0;
}
