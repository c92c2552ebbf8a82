using System.Xml;
using Graft.Data;
using ICSharpCode.SharpZipLib.BZip2;

namespace Graft.Corpus.Readers;

/// <summary>
/// The articles of a MediaWiki dump (<c>pages-articles.xml</c>, plain, gz or bz2): namespace 0, no redirects, markup taken out.
/// </summary>
internal static class MediaWikiDocuments
{
    public static IEnumerable<string> Read(string path)
    {
        using Stream bytes = DataFile.OpenBytes(path);
        using Stream stream = path.EndsWith(".bz2", StringComparison.OrdinalIgnoreCase)
            ? Guard(path, () => new BZip2InputStream(bytes))
            : bytes;
        using XmlReader xml = XmlReader.Create(
            stream,
            new XmlReaderSettings
            {
                DtdProcessing = DtdProcessing.Prohibit,
                IgnoreWhitespace = true,
                IgnoreComments = true,
            }
        );
        while (Guard(path, () => xml.ReadToFollowing("page")))
        {
            if (Guard(path, () => ReadPage(xml)) is { Length: > 0 } text) yield return text;
        }
    }

    private static string? ReadPage(XmlReader xml)
    {
        bool article = true;
        string? text = null;
        using XmlReader page = xml.ReadSubtree();
        page.Read();
        page.Read();
        while (!page.EOF)
        {
            switch (page.NodeType == XmlNodeType.Element ? page.LocalName : "")
            {
                case "ns":
                    article &= page.ReadElementContentAsString().Trim() == "0";
                    break;
                case "redirect":
                    article = false;
                    page.Read();
                    break;
                case "text":
                    text = page.ReadElementContentAsString();
                    break;
                default:
                    page.Read();
                    break;
            }
        }

        return article && text is not null ? WikiMarkup.ToText(text) : null;
    }

    private static T Guard<T>(string path, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is XmlException or BZip2Exception or InvalidDataException or EndOfStreamException)
        {
            throw new InputException($"{path} is not a sound MediaWiki dump: {error.Message}", error);
        }
    }
}
