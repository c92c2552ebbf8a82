using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Normalizers;

/// <summary>
/// BERT's own clean-up, in this order: drop control characters and make white space a space, set CJK ideographs apart, strip accents,
/// lower-case.
/// </summary>
internal sealed class BertNormalizer : Normalizer
{
    /// <summary>Drop U+0000, U+FFFD and control characters, make white space a space.</summary>
    public bool CleanText { get; init; } = true;

    /// <summary>Put a space on both sides of every CJK ideograph.</summary>
    public bool HandleChineseChars { get; init; } = true;

    /// <summary>Decompose and drop accents; null does as <see cref="LowerCase"/> does.</summary>
    public bool? StripAccents { get; init; }

    /// <summary>Lower-case every code point.</summary>
    public bool LowerCase { get; init; } = true;

    public override void Apply(NormalizedText text)
    {
        bool ascii = System.Text.Ascii.IsValid(text.Units);
        if (CleanText) Clean(text);
        if (HandleChineseChars && !ascii) SetIdeographsApart(text);
        if ((StripAccents ?? LowerCase) && !ascii)
        {
            UnicodeForm.Apply(text, NormalizationKind.Nfd);
            text.Filter(codePoint => !CodePoint.IsNonspacingMark(codePoint));
        }

        if (LowerCase) Lowercase.ApplyTo(text);
    }

    public override Normalizer With(TokenizerOverrides overrides) => new BertNormalizer
    {
        CleanText = overrides.CleanText ?? CleanText,
        HandleChineseChars = overrides.HandleChineseChars ?? HandleChineseChars,
        StripAccents = overrides.StripAccents ?? StripAccents,
        LowerCase = overrides.LowerCase ?? LowerCase,
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "BertNormalizer");
        json.WriteBoolean("clean_text", CleanText);
        json.WriteBoolean("handle_chinese_chars", HandleChineseChars);
        json.WriteOptionalBoolean("strip_accents", StripAccents);
        json.WriteBoolean("lowercase", LowerCase);
        json.WriteEndObject();
    }

    public static new BertNormalizer Read(JsonPart part) => new()
    {
        CleanText = part.Bool("clean_text", true),
        HandleChineseChars = part.Bool("handle_chinese_chars", true),
        StripAccents = part.Find("strip_accents")?.AsBool(),
        LowerCase = part.Bool("lowercase", true),
    };

    private static void Clean(NormalizedText text)
    {
        text.Filter(codePoint =>
            codePoint is '\t' or '\n' or '\r' || (codePoint is not (0 or CodePoint.Replacement) && !CodePoint.IsOther(codePoint))
        );
        foreach (ref char unit in text.EditUnits())
        {
            if (CodePoint.IsWhiteSpace(unit)) unit = ' ';
        }
    }

    private static void SetIdeographsApart(NormalizedText text)
    {
        text.BeginRewrite();
        ReadOnlySpan<char> units = text.Units;
        for (int i = 0; i < units.Length;)
        {
            int codePoint = Utf16.At(units, i, out int length);
            TextRange source = text.Sources[i];
            bool isIdeograph = CodePoint.IsIdeograph(codePoint);
            if (isIdeograph) text.Append(' ', source);
            text.Append(codePoint, source);
            if (isIdeograph) text.Append(' ', source);
            i += length;
        }

        text.EndRewrite();
    }
}
