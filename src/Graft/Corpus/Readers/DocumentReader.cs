using System.Text;
using Graft.Data;

namespace Graft.Corpus.Readers;

/// <summary>
/// The documents of a file as text, one paragraph a line, streamed. The extension says the format (<c>.gz</c> is looked through); an
/// unknown one is plain text, where blank lines separate documents.
/// </summary>
internal static class DocumentReader
{
    /// <summary>
    /// Characters after which a document is cut at the next line, so that a file without blank lines stays within memory.
    /// </summary>
    internal const int LongestDocument = 4 << 20;

    private static readonly HashSet<string> s_sourceCode = new(StringComparer.Ordinal)
    {
        ".cs",
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".hpp",
        ".java",
        ".py",
        ".js",
        ".ts",
        ".go",
        ".rs",
        ".rb",
        ".php",
        ".sh",
        ".sql",
        ".swift",
        ".kt",
        ".scala",
        ".fs",
        ".r",
        ".m",
        ".lua",
        ".html",
        ".css",
    };

    /// <summary>All documents of a file in order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="textField">The key or column of the text in JSON Lines and Parquet; null finds it.</param>
    /// <exception cref="InputException">The file is missing, damaged or not of its format.</exception>
    public static IEnumerable<string> Read(string path, string? textField = null)
    {
        string extension = DataFile.Extension(path);
        return extension switch
        {
            ".jsonl" or ".ndjson" or ".parquet" => TableDocuments.Read(path, textField),
            ".xml" or ".bz2" => MediaWikiDocuments.Read(path),
            ".wet" => WetDocuments.Read(path),
            ".conllu" => ConlluDocuments.Read(path),
            ".zip" => ZipDocuments.Read(path),
            _ when s_sourceCode.Contains(extension) => WholeFile(path),
            _ => PlainText(DataFile.Lines(path).Select(line => line.Text)),
        };
    }

    /// <summary>True where line breaks and indentation are part of the text.</summary>
    public static bool IsSourceCode(string path) => s_sourceCode.Contains(DataFile.Extension(path));

    /// <summary>Documents between blank lines.</summary>
    internal static IEnumerable<string> PlainText(IEnumerable<string> lines)
    {
        StringBuilder document = new();
        foreach (string line in lines)
        {
            bool blank = string.IsNullOrWhiteSpace(line);
            if (!blank) document.Append(line).Append('\n');
            if (document.Length > 0 && (blank || document.Length >= LongestDocument))
            {
                yield return document.ToString();
                document.Clear();
            }
        }

        if (document.Length > 0) yield return document.ToString();
    }

    private static IEnumerable<string> WholeFile(string path)
    {
        StringBuilder document = new();
        foreach ((_, string line) in DataFile.Lines(path))
        {
            document.Append(line).Append('\n');
            if (document.Length < LongestDocument) continue;
            yield return document.ToString();
            document.Clear();
        }

        if (document.Length > 0) yield return document.ToString();
    }
}
