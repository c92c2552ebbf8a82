using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.PreTokenizers;
using Graft.Tokenizers.Text;
using Graft.Tokenizers.Unicode;

namespace Graft.Tokenizers.Pipeline;

/// <summary>Which scanner fits a tokenizer's steps.</summary>
internal enum ScannerKind
{
    None,
    Bert,
    Space,
    Gpt2,
}

/// <summary>Decides whether a tokenizer's texts can be cut into words that are encoded, and remembered, one by one.</summary>
internal static class FastPath
{
    public static ScannerKind For(TokenizerParts parts)
    {
        // Added tokens in the normalized text are seen in the original only if nothing normalizes it.
        if (parts.Normalizer is not null && !parts.AddedTokens.InNormalized.IsEmpty) return ScannerKind.None;
        return parts.PreTokenizer switch
        {
            BertPreTokenizer when parts.Normalizer is null or BertNormalizer => ScannerKind.Bert,
            ByteLevel { UseRegex: true } when parts.Normalizer is null => ScannerKind.Gpt2,
            { } steps when SplitsAtSpace(steps) && KeepsSpace(parts.Normalizer) => ScannerKind.Space,
            _ => ScannerKind.None,
        };
    }

    private static bool SplitsAtSpace(PreTokenizer step) => step switch
    {
        WhitespaceSplit or Whitespace => true,
        PreTokenizerSequence { Steps: [WhitespaceSplit or Whitespace, ..] steps } =>
            steps.Skip(1).All(next => next is Metaspace { Scheme: PrependScheme.Always or PrependScheme.Never } or Punctuation or Digits),
        _ => false,
    };

    // Each of these looks at one character or grapheme cluster at a time, or at a string without spaces.
    private static bool KeepsSpace(Normalizer? normalizer) => normalizer switch
    {
        null => true,
        NormalizerSequence sequence => sequence.Steps.All(KeepsSpace),
        BertNormalizer or Lowercase or StripAccents or UnicodeForm => true,
        Replace { IsWithoutSpace: true } => true,
        Precompiled => new[] { " ", "\t", "\n", "\r" }.All(space => StaysSpace(normalizer, space)),
        _ => false,
    };

    private static bool StaysSpace(Normalizer normalizer, string space)
    {
        NormalizedText text = new();
        text.Reset(space, 0);
        normalizer.Apply(text);
        return text.Length == 1 && CodePoint.IsWhiteSpace(text.Units[0]);
    }
}
