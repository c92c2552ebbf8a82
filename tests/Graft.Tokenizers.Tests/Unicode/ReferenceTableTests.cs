using System.Globalization;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Tests.Unicode;

/// <summary>Every code point against the reference library's answers, which the tables are generated from.</summary>
public sealed class ReferenceTableTests
{
    private static readonly Dictionary<string, List<string[]>> s_sections = Read();

    [Theory]
    [InlineData("WhiteSpace")]
    [InlineData("Punctuation")]
    [InlineData("Numeric")]
    [InlineData("Word")]
    [InlineData("Other")]
    [InlineData("NonspacingMark")]
    [InlineData("CombiningMark")]
    [InlineData("Ideograph")]
    public void Flags(string name)
    {
        Func<int, bool> property = name switch
        {
            "WhiteSpace" => CodePoint.IsWhiteSpace,
            "Punctuation" => CodePoint.IsPunctuation,
            "Numeric" => CodePoint.IsNumeric,
            "Word" => CodePoint.IsWord,
            "Other" => CodePoint.IsOther,
            "NonspacingMark" => CodePoint.IsNonspacingMark,
            "CombiningMark" => CodePoint.IsCombiningMark,
            _ => CodePoint.IsIdeograph,
        };
        HashSet<int> expected = [.. Entries(name).Select(e => e.CodePoint)];
        Assert.Equal([], Scalars().Where(c => property(c) != expected.Contains(c)));
    }

    [Fact]
    public void Categories()
    {
        Dictionary<int, string> expected = Entries("GeneralCategory").ToDictionary(e => e.CodePoint, e => e.Value[0]);
        string[] names = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Cn".Split(' ');
        Assert.Equal([], Scalars().Where(c => names[(int)CodePoint.Category(c)] != expected.GetValueOrDefault(c, "Cn")));
        Assert.Equal([], Scalars().Where(c => CodePoint.IsLetter(c) != (names[(int)CodePoint.Category(c)][0] == 'L')));
        Assert.Equal([], Scalars().Where(c => CodePoint.IsNumber(c) != (names[(int)CodePoint.Category(c)][0] == 'N')));
    }

    [Fact]
    public void LowerCase()
    {
        Dictionary<int, string> expected = Entries("LowerCase").ToDictionary(e => e.CodePoint, e => string.Join(' ', e.Value));
        Assert.Equal([], Scalars().Where(c => Lower(c) != expected.GetValueOrDefault(c, Hex(c))));

        static string Lower(int codePoint)
        {
            int first = CodePoint.ToLower(codePoint, out int second);
            return second == 0 ? Hex(first) : Hex(first) + " " + Hex(second);
        }
    }

    [Fact]
    public void CombiningClasses()
    {
        Dictionary<int, int> expected = Entries("CombiningClass").ToDictionary(e => e.CodePoint, e => int.Parse(e.Value[0]));
        Assert.Equal([], Scalars().Where(c => CodePoint.CombiningClass(c) != expected.GetValueOrDefault(c)));
    }

    [Fact]
    public void Decompositions()
    {
        Dictionary<int, string> canonical = Entries("Canonical").ToDictionary(e => e.CodePoint, e => string.Join(' ', e.Value));
        Dictionary<int, string> compatibility = Entries("Compatibility").ToDictionary(e => e.CodePoint, e => string.Join(' ', e.Value));
        Assert.Equal(
            [],
            Scalars().Where(c => c is < 0xAC00 or > 0xD7A3).Where(c => Decompose(c, false) != canonical.GetValueOrDefault(c, Hex(c)))
        );
        Assert.Equal(
            [],
            Scalars()
                .Where(c => c is < 0xAC00 or > 0xD7A3)
                .Where(c => Decompose(c, true) != compatibility.GetValueOrDefault(c, canonical.GetValueOrDefault(c, Hex(c))))
        );

        // Hangul changed in no version since they were encoded: the runtime's own answer serves.
        Assert.Equal(
            [],
            Enumerable
                .Range(0xAC00, 11172)
                .Where(c =>
                    Decompose(c, false)
                    != string.Join(' ', new string((char)c, 1).Normalize(System.Text.NormalizationForm.FormD).Select(x => Hex(x)))
                )
        );
    }

    [Fact]
    public void Compositions()
    {
        foreach (string[] pair in s_sections["Composition"])
            Assert.Equal(Parse(pair[2]), NormalForms.Compose(Parse(pair[0]), Parse(pair[1])));
        Span<int> parts = stackalloc int[NormalForms.MaxDecomposition];
        for (int c = 0xAC00; c <= 0xD7A3; c++)
        {
            int count = NormalForms.Decompose(c, compatibility: false, parts);
            int whole = parts[0];
            for (int i = 1; i < count; i++) whole = NormalForms.Compose(whole, parts[i]);
            Assert.Equal(c, whole);
        }

        Assert.Equal(-1, NormalForms.Compose('a', 'b'));
        Assert.Equal(-1, NormalForms.Compose(0xAC01, 0x11A8));
    }

    [Theory]
    [InlineData("abc", "a|b|c")]
    [InlineData("a\u0301b", "a\u0301|b")]
    [InlineData("\r\n\n", "\r\n|\n")]
    [InlineData("👩‍👩‍👧é🇫🇷🇩🇪🇦", "👩‍👩‍👧|é|🇫🇷|🇩🇪|🇦")]
    [InlineData("한국어\u1112\u1161\u11ab", "한|국|어|\u1112\u1161\u11ab")]
    [InlineData("\u0915\u094d\u0937a", "\u0915\u094d\u0937|a")]
    [InlineData("\u0600a\u0903", "\u0600a\u0903")]
    [InlineData("\u00a9\u200da", "\u00a9\u200d|a")]
    public void Clusters(string text, string expected)
    {
        GraphemeClusters clusters = default;
        string actual = string.Concat(text.EnumerateRunes().Select((r, i) => (clusters.StartsCluster(r.Value) && i > 0 ? "|" : "") + r));
        Assert.Equal(expected, actual);
    }

    private static IEnumerable<int> Scalars() => Enumerable.Range(0, CodePoint.Max + 1).Where(c => c is < 0xD800 or > 0xDFFF);

    private static string Decompose(int codePoint, bool compatibility)
    {
        Span<int> output = stackalloc int[NormalForms.MaxDecomposition];
        int count = NormalForms.Decompose(codePoint, compatibility, output);
        return string.Join(' ', output[..count].ToArray().Select(Hex));
    }

    private static IEnumerable<(int CodePoint, string[] Value)> Entries(string name)
    {
        foreach (string[] fields in s_sections[name])
        {
            string[] ends = fields[0].Split("..");
            for (int c = Parse(ends[0]); c <= Parse(ends[^1]); c++) yield return (c, fields[1..]);
        }
    }

    private static Dictionary<string, List<string[]>> Read()
    {
        Dictionary<string, List<string[]>> sections = [];
        foreach (string line in File.ReadLines(Path.Combine(TestData.Root, "build", "UnicodeTables", "reference.txt")))
        {
            if (line.StartsWith('@')) sections.Add(line[1..], []);
            else if (!line.StartsWith('#') && line.Length > 0) sections.Last().Value.Add(line.Split(' '));
        }

        return sections;
    }

    private static string Hex(int codePoint) => codePoint.ToString("X", CultureInfo.InvariantCulture);

    private static string Hex(char unit) => Hex((int)unit);

    private static int Parse(string hex) => int.Parse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
