using System.Diagnostics;
using System.Globalization;

namespace Graft.Tokenizers.Tests.Goldens;

/// <summary>The first records of a vocabulary of each family; what <see cref="HostIndependenceTests"/> runs again elsewhere.</summary>
public sealed class SampledGoldenTests
{
    private const int Records = 200;

    public static TheoryData<string> Vocabularies => ["bert-base-uncased", "roberta-base", "t5-base", "albert-base"];

    [Theory]
    [MemberData(nameof(Vocabularies))]
    public void TheFirstRecordsAreAnsweredAsByTheReference(string vocabulary)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));
        List<string> differences = GoldenRecords.Differences(tokenizer, TestData.Shared("tokens", vocabulary + ".jsonl.gz"), Records);
        Assert.True(differences.Count == 0, $"{differences.Count} records differ:\n{string.Join('\n', differences.Take(5))}");
    }
}

/// <summary>What a text becomes depends neither on the culture nor on the runtime's globalization.</summary>
public sealed class HostIndependenceTests
{
    [Theory]
    [InlineData("tr-TR")]
    [InlineData("de-DE")]
    [InlineData("ar-SA")]
    [InlineData("th-TH")]
    public void EveryCultureGivesTheSame(string name)
    {
        CultureInfo culture;
        try
        {
            culture = CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            Assert.Skip($"this runtime does not know the culture {name}");
            return;
        }

        CultureInfo before = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = culture;
        try
        {
            foreach (string vocabulary in SampledGoldenTests.Vocabularies.Select(row => row.Data))
                new SampledGoldenTests().TheFirstRecordsAreAnsweredAsByTheReference(vocabulary);
            foreach (string layout in LayoutTests.Names.Select(row => row.Data))
                new LayoutTests().EveryTextIsEncodedAndDecodedAsByTheReference(layout);
        }
        finally
        {
            CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = before;
        }
    }

    [Theory]
    [InlineData("0")]
    [InlineData("1")]
    public void InvariantGlobalizationMakesNoDifference(string invariant)
    {
        ProcessStartInfo start = new(Environment.ProcessPath!, ["-class", "*.SampledGoldenTests", "-class", "*.LayoutTests"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = invariant, ["LANG"] = "tr_TR.UTF-8", ["LC_ALL"] = "tr_TR.UTF-8" },
        };
        if (!Path.GetFileNameWithoutExtension(start.FileName).StartsWith("Graft", StringComparison.Ordinal))
            Assert.Skip("the tests do not run in a process of their own");
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (output.Contains("ICU", StringComparison.Ordinal))
            Assert.Skip("this machine has no ICU, without which .NET starts in invariant mode only");
        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output);
        Assert.DoesNotContain("Total: 0", output);
    }
}
