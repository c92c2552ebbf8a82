using System.Text.Json.Nodes;

namespace Graft.Reports;

/// <summary>A paragraph of plain text.</summary>
/// <param name="Text">The text.</param>
public sealed record Paragraph(string Text) : ReportBlock
{
    internal override string Kind => "paragraph";

    internal override void Render(Html html) => html.Element("p", Text).Raw("\n");

    internal override JsonNode? Data() => Text;
}

/// <summary>A number worth a card of its own.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Value">The number, formatted.</param>
/// <param name="Note">A line below it: the interval, the unit.</param>
internal sealed record KeyFigure(string Name, string Value, string Note = "");

/// <summary>A row of cards.</summary>
/// <param name="Figures">The cards.</param>
internal sealed record KeyFigures(IReadOnlyList<KeyFigure> Figures) : ReportBlock
{
    internal override string Kind => "figures";

    internal override void Render(Html html)
    {
        html.Open("dl", "class", "figures");
        foreach (KeyFigure figure in Figures)
        {
            html.Open("div").Element("dt", figure.Name).Element("dd", figure.Value);
            if (figure.Note.Length > 0) html.Element("dd", figure.Note, "class", "note");
            html.Close("div");
        }

        html.Close("dl");
    }

    internal override JsonNode? Data() =>
        new JsonArray(
            Figures
                .Select(figure =>
                    (JsonNode)
                        new JsonObject
                        {
                            ["name"] = figure.Name,
                            ["value"] = figure.Value,
                            ["note"] = figure.Note,
                        }
                )
                .ToArray()
        );
}

/// <summary>A table; columns of numbers are aligned to the right.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Header">The columns' names.</param>
/// <param name="Rows">The cells, as many a row as there are columns.</param>
/// <param name="NumericFrom">The first of the columns that hold numbers; they are the last ones.</param>
public sealed record ReportTable(
    string Caption,
    IReadOnlyList<string> Header,
    IReadOnlyList<IReadOnlyList<string>> Rows,
    int NumericFrom = int.MaxValue
) : ReportBlock
{
    internal override string Kind => "table";

    internal override void Render(Html html)
    {
        html.Open("div", "class", "scroll").Open("table").Element("caption", Caption).Open("thead").Open("tr");
        for (int i = 0; i < Header.Count; i++) html.Element("th", Header[i], "scope", "col", "class", Class(i));
        html.Close("tr").Close("thead").Open("tbody");
        foreach (IReadOnlyList<string> row in Rows)
        {
            html.Open("tr");
            for (int i = 0; i < row.Count; i++) html.Element("td", row[i], "class", Class(i));
            html.Close("tr");
        }

        html.Close("tbody").Close("table").Close("div");
    }

    internal override JsonNode? Data() => new JsonObject
    {
        ["caption"] = Caption,
        ["columns"] = new JsonArray(Header.Select(name => (JsonNode)name).ToArray()),
        ["rows"] = new JsonArray(Rows.Select(row => (JsonNode)new JsonArray(row.Select(cell => (JsonNode)cell).ToArray())).ToArray()),
    };

    private string Class(int column) => column >= NumericFrom ? "number" : "text";
}

/// <summary>A stretch of a text that carries a mark: an entity, an answer.</summary>
/// <param name="Start">UTF-16 offset of its beginning.</param>
/// <param name="End">The offset after its end.</param>
/// <param name="Label">What it is marked as.</param>
/// <param name="Outcome">Whether the mark is right.</param>
internal sealed record Mark(int Start, int End, string Label, MarkOutcome Outcome = MarkOutcome.Neutral);

/// <summary>What a mark says about a prediction.</summary>
internal enum MarkOutcome
{
    /// <summary>Nothing.</summary>
    Neutral,

    /// <summary>Predicted and true.</summary>
    Right,

    /// <summary>Predicted and not true.</summary>
    Wrong,

    /// <summary>True and not predicted.</summary>
    Missed,
}

/// <summary>A text with marks in it.</summary>
/// <param name="Heading">What stands above it: the question, the position in the file.</param>
/// <param name="Text">The text.</param>
/// <param name="Marks">The marks; where they overlap the earlier wins.</param>
internal sealed record Passage(string Heading, string Text, IReadOnlyList<Mark> Marks);

/// <summary>
/// Texts with highlighted entities or answers. Outcomes differ in colour, line and a sign, so that colour alone says nothing.
/// </summary>
/// <param name="Items">The texts.</param>
internal sealed record Passages(IReadOnlyList<Passage> Items) : ReportBlock
{
    internal override string Kind => "passages";

    internal override void Render(Html html)
    {
        foreach (Passage passage in Items)
        {
            html.Open("figure", "class", "passage").Element("figcaption", passage.Heading).Open("p");
            RenderText(html, passage);
            html.Close("p").Close("figure");
        }
    }

    internal override JsonNode? Data() => new JsonArray(Items.Select(passage => (JsonNode)new JsonObject
    {
        ["heading"] = passage.Heading,
        ["text"] = passage.Text,
        ["marks"] = new JsonArray(passage.Marks.Select(mark => (JsonNode)new JsonObject
        {
            ["start"] = mark.Start,
            ["end"] = mark.End,
            ["label"] = mark.Label,
            ["outcome"] = Name(mark.Outcome),
        }).ToArray()),
    }).ToArray());

    private static void RenderText(Html html, Passage passage)
    {
        int position = 0;
        foreach (
            Mark mark in passage.Marks.OrderBy(mark => mark.Start).Where(mark => mark.End > mark.Start && mark.End <= passage.Text.Length)
        )
        {
            if (mark.Start < position)
                continue;
            html.Text(passage.Text[position..mark.Start])
                .Open("mark", "class", Name(mark.Outcome))
                .Text(passage.Text[mark.Start..mark.End]);
            html.Element("small", Sign(mark.Outcome) + mark.Label).Raw("</mark>");
            position = mark.End;
        }

        html.Text(passage.Text[position..]);
    }

    private static string Name(MarkOutcome outcome) => outcome.ToString().ToLowerInvariant();

    private static string Sign(MarkOutcome outcome) => outcome switch
    {
        MarkOutcome.Right => "✓ ",
        MarkOutcome.Wrong => "✗ ",
        MarkOutcome.Missed => "∅ ",
        _ => "",
    };
}
