using System.Text;
using Graft.Data;

namespace Graft.Corpus.Readers;

/// <summary>The running text of a treebank: its <c># text</c> comments, cut where <c># newdoc</c> and <c># newpar</c> say so.</summary>
internal static class ConlluDocuments
{
    public static IEnumerable<string> Read(string path)
    {
        StringBuilder document = new();
        foreach ((_, string line) in DataFile.Lines(path))
        {
            if (line.StartsWith("# newdoc", StringComparison.Ordinal) && document.Length > 0)
            {
                yield return document.ToString();
                document.Clear();
            }
            else if (line.StartsWith("# newpar", StringComparison.Ordinal) && document.Length > 0)
            {
                document.Append('\n');
            }
            else if (line.StartsWith("# text = ", StringComparison.Ordinal))
            {
                if (document.Length > 0 && document[^1] != '\n') document.Append(' ');
                document.Append(line.AsSpan("# text = ".Length));
            }
        }

        if (document.Length > 0) yield return document.ToString();
    }
}
