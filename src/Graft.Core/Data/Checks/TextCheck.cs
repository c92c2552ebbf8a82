using System.Globalization;

namespace Graft.Data.Checks;

/// <summary>Texts that are empty, too long for the model, or damaged by a wrong character encoding.</summary>
internal static class TextCheck
{
    // English text has about 1.3 tokens a word; other languages and noisy text more, so the estimate errs on the low side.
    private const double TokensPerWord = 1.3;

    public static IEnumerable<Finding?> Run(IEnumerable<CheckedText> texts, int maxLength)
    {
        List<Place> empty = [], tooLong = [], damaged = [];
        foreach (CheckedText text in texts)
        {
            if (string.IsNullOrWhiteSpace(text.Text))
            {
                empty.Add(text.Place(""));
                continue;
            }

            int tokens = (int)(TokensPerWord * text.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length);
            if (tokens > maxLength)
                tooLong.Add(
                    text.Place(string.Create(CultureInfo.InvariantCulture, $"about {tokens} tokens: {CheckedText.Quoted(text.Text)}"))
                );
            if (Mojibake.Find(text.Text) is { } damage)
                damaged.Add(text.Place($"{damage}: {CheckedText.Quoted(text.Text)}"));
        }

        yield return Findings.Of(
            "encoding-damage",
            Severity.Warning,
            damaged,
            n => $"{n} show{(n == "1 text" ? "s" : "")} damage by a wrong character encoding",
            "export the data again as UTF-8 from its source; the damage cannot be trained away",
            "text",
            "texts"
        );
        yield return Findings.Of(
            "empty-texts",
            Severity.Warning,
            empty,
            n => $"{n} {(n == "1 text" ? "is" : "are")} empty",
            "fill or remove them",
            "text",
            "texts"
        );
        yield return Findings.Of(
            "long-texts",
            Severity.Note,
            tooLong,
            n => string.Create(CultureInfo.InvariantCulture, $"{n} {(n == "1 text" ? "is" : "are")} longer than about {maxLength} tokens"),
            "they are read in windows or cut; raise `max-length` where the end matters", "text", "texts");
    }
}
