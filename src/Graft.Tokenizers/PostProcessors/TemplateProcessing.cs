using System.Text.Json;
using Graft.Tokenizers.Json;

namespace Graft.Tokenizers.PostProcessors;

/// <summary>Special tokens by template: <c>[CLS] $A [SEP]</c> and <c>[CLS] $A [SEP] $B:1 [SEP]:1</c>.</summary>
internal sealed class TemplateProcessing(IReadOnlyList<TemplatePart> single, IReadOnlyList<TemplatePart> pair) : PostProcessor
{
    /// <summary><c>[CLS] A [SEP]</c> and <c>[CLS] A [SEP] B [SEP]</c>, the second text with token type 1.</summary>
    public static TemplateProcessing Bert((string Token, int Id) cls, (string Token, int Id) sep)
    {
        TemplatePart[] single =
        [
            TemplatePart.ForToken(cls.Token, cls.Id, 0),
            TemplatePart.ForSequence(0, 0),
            TemplatePart.ForToken(sep.Token, sep.Id, 0),
        ];
        return new(single, [.. single, TemplatePart.ForSequence(1, 1), TemplatePart.ForToken(sep.Token, sep.Id, 1)]);
    }

    public override IReadOnlyList<TemplatePart> Single => single;

    public override IReadOnlyList<TemplatePart> Pair => pair;

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "TemplateProcessing");
        WriteParts(json, "single", single);
        WriteParts(json, "pair", pair);
        json.WriteStartObject("special_tokens");
        foreach (
            TemplatePart part in single.Concat(pair).Where(part => part.IsSpecial).DistinctBy(part => part.Name, StringComparer.Ordinal)
        )
            WriteSpecialToken(json, part);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    public static new TemplateProcessing Read(JsonPart part)
    {
        Dictionary<string, (int[] Ids, string[] Tokens)> special = new(StringComparer.Ordinal);
        if (part.Find("special_tokens") is JsonPart definitions)
        {
            foreach ((string name, JsonPart token) in definitions.Members())
            {
                int[] ids = [.. token.Member("ids").Items().Select(id => id.AsInt())];
                string[] tokens = [.. token.Member("tokens").Items().Select(text => text.AsString())];
                if (ids.Length != tokens.Length)
                    throw token.Error($"{ids.Length} ids and {tokens.Length} tokens; there must be as many of one as of the other");
                special[name] = (ids, tokens);
            }
        }

        return new(ReadParts(part.Member("single"), special), ReadParts(part.Member("pair"), special));
    }

    private static List<TemplatePart> ReadParts(JsonPart list, Dictionary<string, (int[] Ids, string[] Tokens)> special)
    {
        List<TemplatePart> parts = [];
        foreach (JsonPart item in list.Items())
        {
            if (item.Find("Sequence") is JsonPart sequence)
            {
                parts.Add(TemplatePart.ForSequence(sequence.Member("id").AsString() == "B" ? 1 : 0, sequence.Int("type_id", 0)));
                continue;
            }

            JsonPart token = item.Member("SpecialToken");
            string name = token.Member("id").AsString();
            if (!special.TryGetValue(name, out (int[] Ids, string[] Tokens) found))
                throw token.Error($"\"{name}\" is not among the template's special_tokens");
            parts.Add(new(-1, token.Int("type_id", 0), found.Ids, found.Tokens, name));
        }

        return parts;
    }

    private static void WriteParts(Utf8JsonWriter json, string name, IReadOnlyList<TemplatePart> parts)
    {
        json.WriteStartArray(name);
        foreach (TemplatePart part in parts)
        {
            json.WriteStartObject();
            json.WriteStartObject(part.IsSpecial ? "SpecialToken" : "Sequence");
            json.WriteString("id", part.IsSpecial ? part.Name : part.Sequence == 0 ? "A" : "B");
            json.WriteNumber("type_id", part.TypeId);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSpecialToken(Utf8JsonWriter json, TemplatePart part)
    {
        json.WriteStartObject(part.Name);
        json.WriteString("id", part.Name);
        json.WriteStartArray("ids");
        foreach (int id in part.Ids) json.WriteNumberValue(id);
        json.WriteEndArray();
        json.WriteStartArray("tokens");
        foreach (string token in part.Tokens) json.WriteStringValue(token);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
