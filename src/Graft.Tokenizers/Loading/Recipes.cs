using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.PostProcessors;
using Graft.Tokenizers.PreTokenizers;

namespace Graft.Tokenizers.Loading;

/// <summary>The steps of the tokenizers that are published as vocabulary files alone.</summary>
internal static class Recipes
{
    /// <summary>BERT and its descendants from <c>vocab.txt</c>: lower-cased unless told otherwise.</summary>
    public static PipelineCore Bert(string vocabularyFile, TokenizerConfig config)
    {
        Vocabulary vocabulary = ClassicFiles.ReadVocabularyText(vocabularyFile);
        (string, int) cls = Required("[CLS]");
        (string, int) sep = Required("[SEP]");
        Required("[PAD]");
        Required("[UNK]");
        BertNormalizer normalizer = new()
        {
            LowerCase = config.LowerCase ?? true,
            StripAccents = config.StripAccents,
            HandleChineseChars = config.HandleChineseChars ?? true,
        };
        return new(new(new WordPiece(vocabulary), new(Special(vocabulary, "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"), normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = new BertPreTokenizer(),
            PostProcessor = TemplateProcessing.Bert(cls, sep),
            Decoder = new WordPieceDecoder(),
        });

        (string, int) Required(string token)
        {
            int id = vocabulary.IdOf(token);
            return id >= 0 ? (token, id) : throw new InputException($"{vocabularyFile}: the vocabulary has no \"{token}\"; it is not one of a BERT tokenizer");
        }
    }

    // Those of the tokens that the vocabulary has, as special added tokens.
    private static List<AddedToken> Special(Vocabulary vocabulary, params string[] tokens) =>
        [.. tokens.Where(token => vocabulary.IdOf(token) >= 0).Select(token => new AddedToken(token, vocabulary.IdOf(token)) { Special = true })];
}
