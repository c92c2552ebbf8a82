using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Graft.Reports;

/// <summary>
/// Builds HTML and SVG text: everything that comes from data goes through <see cref="Text"/> or an attribute, and is escaped there.
/// </summary>
internal sealed class Html
{
    private static readonly HtmlEncoder s_encoder = HtmlEncoder.Create(UnicodeRanges.All);
    private readonly StringBuilder _text = new();

    /// <summary>Opens an element with attributes given as name and value in turn.</summary>
    public Html Open(string element, params ReadOnlySpan<string> attributes)
    {
        Tag(element, attributes);
        _text.Append('>');
        return this;
    }

    /// <summary>Closes an element.</summary>
    public Html Close(string element)
    {
        _text.Append("</").Append(element).Append(">\n");
        return this;
    }

    /// <summary>An element without content.</summary>
    public Html Empty(string element, params ReadOnlySpan<string> attributes)
    {
        Tag(element, attributes);
        _text.Append("/>\n");
        return this;
    }

    /// <summary>An element with text in it.</summary>
    public Html Element(string element, string content, params ReadOnlySpan<string> attributes)
    {
        Open(element, attributes);
        Text(content);
        _text.Append("</").Append(element).Append('>');
        return this;
    }

    /// <summary>Escaped text.</summary>
    public Html Text(string content)
    {
        _text.Append(s_encoder.Encode(content));
        return this;
    }

    /// <summary>Markup that this project made itself.</summary>
    public Html Raw(string markup)
    {
        _text.Append(markup);
        return this;
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();

    /// <summary>A coordinate, to a hundredth.</summary>
    public static string Number(double value) => Math.Round(value, 2).ToString(CultureInfo.InvariantCulture);

    private void Tag(string element, ReadOnlySpan<string> attributes)
    {
        _text.Append('<').Append(element);
        for (int i = 0; i + 1 < attributes.Length; i += 2)
            _text.Append(' ').Append(attributes[i]).Append("=\"").Append(s_encoder.Encode(attributes[i + 1])).Append('"');
    }
}
