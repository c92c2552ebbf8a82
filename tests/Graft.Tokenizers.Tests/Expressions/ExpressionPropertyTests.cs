using System.Diagnostics;
using System.Text.RegularExpressions;
using CsCheck;
using Graft.Tokenizers.Expressions;

namespace Graft.Tokenizers.Tests.Expressions;

public sealed class ExpressionPropertyTests
{
    // Random expressions over a few letters; only what cannot be empty is repeated, as engines differ in how they leave an empty loop.
    private static readonly Gen<string> s_atom = OneOf("a", "b", "c", "[ab]", "[^a]", ".", "\\w", "\\s");
    private static readonly Gen<string> s_repeat = OneOf("", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{2,}?");

    private static readonly Gen<string> s_expression = Gen.Recursive<string>((depth, expression) =>
    {
        if (depth >= 3) return s_atom;
        Gen<string> repeated = Gen.Select(s_atom, s_repeat, (atom, repeat) => atom + repeat);
        Gen<string> group = Gen.Select(expression, s_atom, s_repeat, (inner, atom, repeat) => $"(?:{atom}(?:{inner})){repeat}");
        Gen<string> choice = Gen.Select(expression, expression, (first, second) => $"(?:{first}|{second})");
        Gen<string> sequence = Gen.Select(expression, expression, (first, second) => first + second);
        Gen<string> look = Gen.Select(OneOf("?=", "?!", "?<=", "?<!"), expression, (kind, inner) => $"({kind}{inner})");
        return Gen.OneOf(repeated, group, choice, sequence, sequence, look);
    });

    private static readonly Gen<string> s_text = OneOf('a', 'b', 'c', ' ', '\n').Array[0, 12].Select(letters => new string(letters));

    [Fact]
    public void ARandomExpressionFindsWhatABacktrackingEngineFinds()
    {
        int refused = 0;
        Gen.Select(s_expression, s_text.Array[5])
            .Sample(
                (expression, texts) =>
                {
                    Expression? ours = TryCompile(expression);
                    if (ours is null)
                        refused++;
                    Regex theirs = new(expression, RegexOptions.CultureInvariant);
                    foreach (string text in texts)
                    {
                        if (ours is null || text.Length == 0)
                            continue;
                        List<TextRange> found = [];
                        ours.FindAll(text, found);
                        Assert.True(
                            found.SequenceEqual(Matches(theirs, text)),
                            $"{expression} in \"{text}\": {string.Join(' ', found)}, expected {string.Join(' ', Matches(theirs, text))}"
                        );
                    }
                },
                iter: 4_000,
                threads: 1
            );
        Assert.InRange(refused, 0, 40);
    }

    [Theory]
    [InlineData(
        "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| "
            + "?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
    )]
    [InlineData("\\s+$")]
    [InlineData("(a*)*b")]
    [InlineData("(a|a)*b|a{1,50}b")]
    [InlineData("\\d{1,3}(?=(?:\\d{3})*\\b)")]
    [InlineData("(?<=a.*b.*)1")]
    [InlineData("(?=.*x)a|(?<!1.*)\\s")]
    [InlineData("(?:a?){40}a{40}x")]
    public void TimeIsLinearInTheText(string expression)
    {
        Expression compiled = new(expression);
        List<TextRange> matches = [];
        foreach (string unit in new[] { "a", " ", "1", "\n", "\u0301", "ab 1", "\U0001D400" })
        {
            TimeSpan small = Fastest(string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length)));
            TimeSpan large = Fastest(string.Concat(Enumerable.Repeat(unit, 1_000_000 / unit.Length)));
            Assert.True(
                large < (30 * small) + TimeSpan.FromMilliseconds(300),
                $"'{unit}': {small.TotalMilliseconds:0.0} ms, ten times as much {large.TotalMilliseconds:0.0} ms"
            );
        }

        TimeSpan Fastest(string text) => Enumerable.Range(0, 2).Min(_ =>
        {
            matches.Clear();
            long started = Stopwatch.GetTimestamp();
            compiled.FindAll(text, matches);
            return Stopwatch.GetElapsedTime(started);
        });
    }

    [Theory]
    [InlineData("(a)\\1", "\\1")]
    [InlineData("(?>a|ab)c", "atomic")]
    [InlineData("(?:ab)++", "possessive")]
    [InlineData("\\p{Klingon}", "Klingon")]
    [InlineData("[a", "ends too early")]
    [InlineData("(a", "\")\"")]
    [InlineData("a)", "\"(\"")]
    [InlineData("*a", "nothing to repeat")]
    [InlineData("[z-a]", "backwards")]
    [InlineData("(?<n>a)\\k<n>", "\\k")]
    [InlineData("(?:a{500}){500}", "too many")]
    public void WhatCannotBeRunIsRefusedWithItsReason(string expression, string reason) =>
        Assert.Contains(reason, Assert.Throws<ExpressionException>(() => new Expression(expression)).Message);

    [Fact]
    public void HostileNestingIsRefusedBeforeTheStackEnds()
    {
        Assert.Throws<ExpressionException>(() => new Expression(string.Concat(Enumerable.Repeat("(", 100_000))));
        Assert.Throws<ExpressionException>(() => new Expression(string.Concat(Enumerable.Repeat("[", 100_000))));
        Assert.Throws<ExpressionException>(() => new Expression("a" + string.Concat(Enumerable.Repeat("*", 100_000))));
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Expression? TryCompile(string expression)
    {
        try
        {
            return new(expression);
        }
        catch (ExpressionException)
        {
            return null;
        }
    }

    // As the reference goes through a text: an empty match where the last one ended does not count.
    private static List<TextRange> Matches(Regex expression, string text)
    {
        List<TextRange> matches = [];
        for (int from = 0; from <= text.Length && expression.Match(text, from) is { Success: true } match;)
        {
            bool counts = match.Length > 0 || matches.Count == 0 || matches[^1].End != match.Index;
            if (counts) matches.Add(new(match.Index, match.Index + match.Length));
            from = counts ? match.Index + match.Length : from + 1;
        }

        return matches;
    }
}
