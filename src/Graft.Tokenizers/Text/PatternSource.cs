using System.Text.Json;
using System.Text.RegularExpressions;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.Text;

/// <summary>A pattern as <c>tokenizer.json</c> writes it, <c>{"String": …}</c> or <c>{"Regex": …}</c>, and what it matches.</summary>
internal sealed class PatternSource
{
    private const string Gpt2Expression = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly string _content;
    private readonly bool _isExpression;

    private PatternSource(string content, bool isExpression, Pattern pattern)
    {
        _content = content;
        _isExpression = isExpression;
        Pattern = pattern;
    }

    public Pattern Pattern { get; }

    /// <summary>The string to find; null when it is an expression.</summary>
    public string? Literal => _isExpression ? null : _content;

    public static PatternSource ForString(string content) => new(content, false, new StringPattern(content));

    /// <summary>Writes the member <c>pattern</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("pattern");
        json.WriteString(_isExpression ? "Regex" : "String", _content);
        json.WriteEndObject();
    }

    public static PatternSource Read(JsonPart part)
    {
        if (part.Find("String") is JsonPart text) return ForString(text.AsString());
        JsonPart expression = part.Member("Regex");
        string content = expression.AsString();
        return new(content, true, content == Gpt2Expression ? Gpt2Pattern.Instance : Compile(content, expression));
    }

    // Only what needs no backtracking is accepted: time stays linear in the text, whatever the text is.
    private static ExpressionPattern Compile(string content, JsonPart part)
    {
        try
        {
            return new(new Regex(content, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
        }
        catch (Exception exception) when (exception is NotSupportedException or ArgumentException)
        {
            throw new InputException(part.Error($"the expression \"{content}\" is not one Graft can run in linear time: {exception.Message.ReplaceLineEndings(" ")}").Message, exception);
        }
    }
}

/// <summary>An expression that .NET can match in linear time.</summary>
internal sealed class ExpressionPattern(Regex expression) : Pattern
{
    public override bool Find(ReadOnlySpan<char> text, int from, out TextRange match)
    {
        foreach (ValueMatch found in expression.EnumerateMatches(text, from))
        {
            match = new(found.Index, found.Index + found.Length);
            return true;
        }

        match = default;
        return false;
    }
}
