using System.Text;

namespace Graft.Data;

/// <summary>Reads plain UTF-8 text of any size.</summary>
internal static class PlainTextReader
{
    /// <summary>The lines with their numbers from 1, blank ones included.</summary>
    /// <exception cref="InputException">The file is missing, empty, or not UTF-8.</exception>
    public static IEnumerable<(long Number, string Text)> Lines(string path) => DataFile.Lines(path);

    /// <summary>Paragraphs: runs of lines between blank lines, each with the number of its first line.</summary>
    /// <exception cref="InputException">The file is missing, empty, or not UTF-8.</exception>
    public static IEnumerable<(long Number, string Text)> Paragraphs(string path)
    {
        StringBuilder paragraph = new();
        long start = 0;
        foreach ((long number, string text) in DataFile.Lines(path))
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                if (paragraph.Length == 0) start = number;
                else paragraph.Append('\n');
                paragraph.Append(text);
            }
            else if (paragraph.Length > 0)
            {
                yield return (start, paragraph.ToString());
                paragraph.Clear();
            }
        }

        if (paragraph.Length > 0) yield return (start, paragraph.ToString());
    }
}
