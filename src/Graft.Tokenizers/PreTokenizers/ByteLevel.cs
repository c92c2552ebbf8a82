using System.Text.Json;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.PreTokenizers;

/// <summary>Splits at GPT-2's pattern and writes every byte as a character: <c>Hello world</c> → <c>Hello</c> <c>Ġworld</c>.</summary>
internal sealed class ByteLevel : PreTokenizer
{
    /// <summary>Put a space before a text that does not begin with one.</summary>
    public bool AddPrefixSpace { get; init; } = true;

    /// <summary>Split at GPT-2's pattern; else only the bytes are written out.</summary>
    public bool UseRegex { get; init; } = true;

    /// <summary>Not used here; kept for the file.</summary>
    public bool TrimOffsets { get; init; } = true;

    public override void Apply(PieceList pieces)
    {
        if (AddPrefixSpace) pieces.Prepend(' ');
        if (UseRegex) pieces.Split(Gpt2Pattern.Instance, SplitBehavior.Isolated);
        pieces.WriteBytes();
    }

    public override PreTokenizer With(TokenizerOverrides overrides) => new ByteLevel
    {
        AddPrefixSpace = overrides.AddPrefixSpace ?? AddPrefixSpace,
        UseRegex = UseRegex,
        TrimOffsets = TrimOffsets,
    };

    public override void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("use_regex", UseRegex);
        json.WriteEndObject();
    }

    public static new ByteLevel Read(JsonPart part) => new()
    {
        AddPrefixSpace = part.Bool("add_prefix_space", true),
        UseRegex = part.Bool("use_regex", true),
        TrimOffsets = part.Bool("trim_offsets", true),
    };
}
