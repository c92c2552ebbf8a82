using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.PreTokenizers;

namespace Graft.Tokenizers.Loading;

/// <summary>
/// Settings of <c>tokenizer_config.json</c> over a <c>tokenizer.json</c> that says otherwise. The reference builds a class with the class's
/// own settings, which have values even where no file names them: BERT's lower-cases, GPT-2's puts no space before a text. The general
/// class leaves the file as it is.
/// </summary>
internal static class JsonOverrides
{
    /// <summary>The tokenizer of the folder.</summary>
    public static TokenizerCore Apply(PipelineCore core, TokenizerConfig config) => CompanionTokens.Add(WithSettings(core, config), config);

    private static TokenizerCore WithSettings(PipelineCore core, TokenizerConfig config) =>
        (config.Class, core.Parts) switch
        {
            (string name, { Normalizer: BertNormalizer steps, Model: WordPiece })
                when name == "MPNetTokenizer" || TokenizerClasses.IsWordPiece(name) => With(
                core,
                new BertNormalizer
                {
                    CleanText = steps.CleanText,
                    LowerCase = config.LowerCase ?? true,
                    StripAccents = config.StripAccents,
                    HandleChineseChars = config.HandleChineseChars ?? true,
                }
            ),
            (string name, { PreTokenizer: ByteLevel })
                when name is "GPT2Tokenizer" or "DebertaTokenizer" || TokenizerClasses.IsRoberta(name) => core.With(
                new TokenizerOverrides { AddPrefixSpace = config.AddPrefixSpace ?? false, TrimOffsets = config.TrimOffsets }
            ),
            ("AlbertTokenizer" or "DebertaV2Tokenizer", { Normalizer: NormalizerSequence sequence, Model: Unigram }) => With(
                core,
                Lowered(sequence, config)
            ),
            _ => core,
        };

    private static PipelineCore With(PipelineCore core, Normalizer normalizer) =>
        new(core.Parts with { Normalizer = normalizer, AddedTokens = new(core.Parts.AddedTokens.Tokens, normalizer) });

    // Only where the key is there: these files are written with their steps, and older ones have other defaults.
    private static NormalizerSequence Lowered(NormalizerSequence sequence, TokenizerConfig config)
    {
        List<Normalizer> steps = [.. sequence.Steps];
        if (config.LowerCase == false) steps.RemoveAll(step => step is Lowercase);
        if (config.KeepAccents == true) steps.RemoveAll(step => step is StripAccents or UnicodeForm { Kind: NormalizationKind.Nfkd });
        if (config.LowerCase == true && !steps.Exists(step => step is Lowercase))
        {
            int map = steps.FindIndex(step => step is Precompiled);
            steps.Insert(config.Class == "AlbertTokenizer" && map >= 0 ? map : 0, new Lowercase());
        }

        return new NormalizerSequence([.. steps]);
    }
}
