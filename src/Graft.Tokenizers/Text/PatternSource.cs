using System.Text.Json;
using Graft.Tokenizers.Expressions;
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

    public static PatternSource ForExpression(string content) => new(content, true, new Expression(content));

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

    private static Expression Compile(string content, JsonPart part)
    {
        try
        {
            return new(content);
        }
        catch (ExpressionException exception)
        {
            throw new InputException(
                part.Error($"the expression \"{content}\" is not one Graft can run: {exception.Message}").Message,
                exception
            );
        }
    }
}
