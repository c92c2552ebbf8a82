using System.IO.Compression;
using System.Text;
using Graft.Corpus.Readers;
using ICSharpCode.SharpZipLib.BZip2;

namespace Graft.Tests.Corpus;

public sealed class ReaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-readers-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void PlainAndCompressedTextHasDocumentsBetweenBlankLines()
    {
        const string text = "a\nb\n\n\nc\n";
        Assert.Equal(["a\nb\n", "c\n"], DocumentReader.Read(Write("a.txt", Encoding.UTF8.GetBytes(text))));
        using MemoryStream gz = new();
        using (GZipStream zip = new(gz, CompressionMode.Compress, leaveOpen: true)) zip.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal(["a\nb\n", "c\n"], DocumentReader.Read(Write("a.txt.gz", gz.ToArray())));
    }

    [Fact]
    public void JsonLinesHaveADocumentALine()
    {
        string path = Write("a.jsonl", "{\"id\": 1, \"text\": \"one\\ntwo\"}\n{\"id\": 2, \"text\": \"three\"}\n"u8.ToArray());
        Assert.Equal(["one\ntwo", "three"], DocumentReader.Read(path));
        Assert.Contains("no column \"body\"", Assert.Throws<InputException>(() => DocumentReader.Read(path, "body").ToList()).Message);
    }

    [Fact]
    public void WikiDumpsGiveArticlesOnly()
    {
        const string xml = """
            <mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/">
              <page><title>A</title><ns>0</ns><id>1</id><revision><text xml:space="preserve">An '''article'''.</text></revision></page>
              <page><title>Talk:A</title><ns>1</ns><revision><text>Talk.</text></revision></page>
              <page><title>B</title><ns>0</ns><redirect title="A" /><revision><text>#REDIRECT [[A]]</text></revision></page>
              <page><title>C</title><ns>0</ns><revision><text>Second.</text></revision></page>
            </mediawiki>
            """;
        using MemoryStream compressed = new();
        using (BZip2OutputStream bzip = new(compressed) { IsStreamOwner = false }) bzip.Write(Encoding.UTF8.GetBytes(xml));
        Assert.Equal(["An article.\n", "Second.\n"], DocumentReader.Read(Write("wiki.xml.bz2", compressed.ToArray())));
        Assert.Throws<InputException>(() => DocumentReader.Read(Write("cut.xml.bz2", compressed.ToArray()[..^40])).ToList());
    }

    [Fact]
    public void WetFilesGiveTheirPages()
    {
        const string page = "Some text.\nMore.";
        string wet = "WARC/1.0\r\nWARC-Type: warcinfo\r\nContent-Length: 4\r\n\r\ninfo\r\n\r\n"
            + $"WARC/1.0\r\nWARC-Type: conversion\r\nContent-Length: {page.Length}\r\n\r\n{page}\r\n\r\n";
        Assert.Equal([page], DocumentReader.Read(Write("a.wet", Encoding.UTF8.GetBytes(wet))));
        Assert.Contains(
            "record 2",
            Assert.Throws<InputException>(() => DocumentReader.Read(Write("b.wet", Encoding.UTF8.GetBytes(wet[..^12]))).ToList()).Message
        );
    }

    [Fact]
    public void TreebanksZipsAndCodeAreTextToo()
    {
        string treebank = Write(
            "a.conllu",
            "# newdoc id = 1\n# text = One.\n1\tOne\n\n# text = Two.\n1\tTwo\n\n# newdoc id = 2\n# newpar\n# text = Three.\n"u8.ToArray()
        );
        Assert.Equal(["One. Two.", "Three."], DocumentReader.Read(treebank));
        string code = Write("a.cs", "class A\n{\n\n}\n"u8.ToArray());
        Assert.Equal(["class A\n{\n\n}\n"], DocumentReader.Read(code));
        string path = Path.Combine(_folder, "a.zip");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            using Stream latin = zip.CreateEntry("b.txt").Open();
            latin.Write([(byte)'c', (byte)'a', (byte)'f', 0xE9]);
        }

        Assert.Equal(["café"], DocumentReader.Read(path));
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
