using System.Diagnostics;

namespace Graft.Tokenizers.Tests;

/// <summary>Long lines of anything take time linear in their length and no more stack than short ones, in every family.</summary>
public sealed class HostileTextTests
{
    private const int Small = 40_000;
    private const int Large = 400_000;

    private static readonly string[] s_units =
    [
        "a",
        "\u0301",
        "a\u0301",
        "[MASK]",
        "<mask>",
        "<",
        " ",
        "\n",
        "中",
        "1",
        "12,",
        "'",
        "\u0600",
        "가",
        "Ａ",
        "😀",
        "\uD83D",
        "\0",
        "ab",
        "abcdefghijklmnopqrstuvw",
        "\u1100\u1161\u11A8",
    ];

    public static TheoryData<string> Sources =>
        [
            "bert-base-uncased/tokenizer.json",
            "roberta-base/tokenizer.json",
            "gpt2/tokenizer.json",
            "t5-base/tokenizer.json",
            "albert-base/tokenizer.json",
            "t5-base/spiece.model",
            "hf-test-sentencepiece/test_sentencepiece_bpe.model",
            "hf-test-sentencepiece/test_sentencepiece_with_bytefallback.model",
            "hf-test-sentencepiece/xlm-roberta-toy/tokenizer.json",
        ];

    [Theory]
    [MemberData(nameof(Sources))]
    public void TenTimesTheTextTakesTenTimesTheTime(string source) =>
        Check(Tokenizer.Load(TestData.Shared(["vocab", .. source.Split('/')])), s_units);

    [Theory]
    [InlineData("llama3")]
    [InlineData("deepseek")]
    [InlineData("clip")]
    [InlineData("llama2")]
    [InlineData("mistral")]
    [InlineData("falcon")]
    public void TenTimesTheTextTakesTenTimesTheTimeInOtherLayouts(string layout) => Check(LayoutTests.Load(layout), s_units);

    [Theory]
    [Trait("Category", "Slow")]
    [InlineData("bert-base-uncased", "\u0301")]
    [InlineData("gpt2", "\u0301")]
    [InlineData("gpt2", "a")]
    [InlineData("t5-base", "中")]
    [InlineData("roberta-base", "<mask>")]
    public void TenMegabytesOfOneCharacterAreNoHarm(string vocabulary, string unit)
    {
        Tokenizer tokenizer = Tokenizer.Load(TestData.Shared("vocab", vocabulary, "tokenizer.json"));
        TokenBuffer tokens = new();
        int bytes = System.Text.Encoding.UTF8.GetByteCount(unit);
        AssertLinear(
            unit,
            units => Time(tokenizer, Repeat(unit, units), tokens),
            1_000_000 / bytes * unit.Length,
            10_000_000 / bytes * unit.Length,
            TimeSpan.FromSeconds(3)
        );
    }

    private static void Check(Tokenizer tokenizer, string[] units)
    {
        TokenBuffer tokens = new(withOffsets: true);
        foreach (string unit in units)
        {
            AssertLinear(unit, units => Time(tokenizer, Repeat(unit, units), tokens), Small, Large, TimeSpan.FromMilliseconds(400));
            Assert.True(tokens.Offsets.IsEmpty || tokens.Offsets[^1].End <= Large);
        }
    }

    // What is quadratic takes a hundred times as long, and that every time; the rest is other work on the machine, which passes.
    private static void AssertLinear(string unit, Func<int, TimeSpan> time, int small, int large, TimeSpan slack)
    {
        const int attempts = 3;
        string found = "";
        for (int i = 0; i < attempts; i++)
        {
            TimeSpan shorter = time(small), longer = time(large);
            if (longer < (30 * shorter) + slack) return;
            found += $"{small} units in {shorter.TotalMilliseconds:0} ms, {large} in {longer.TotalMilliseconds:0} ms; ";
        }

        Assert.Fail($"{Name(unit)}: {found}");
    }

    // On a thread with a small stack: recursion that grows with the text would end the process.
    private static TimeSpan Time(Tokenizer tokenizer, string text, TokenBuffer tokens)
    {
        TimeSpan taken = default;
        Thread thread = new(
            () =>
            {
                long started = Stopwatch.GetTimestamp();
                tokenizer.Encode(text, tokens);
                taken = Stopwatch.GetElapsedTime(started);
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        return taken;
    }

    private static string Repeat(string unit, int units) => string.Concat(Enumerable.Repeat(unit, units / unit.Length));

    private static string Name(string unit) => string.Join(' ', unit.Select(character => $"U+{(int)character:X4}"));
}
