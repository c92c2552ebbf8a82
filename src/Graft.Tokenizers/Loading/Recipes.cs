using System.Text.Json;
using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Json;
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

    /// <summary>GPT-2 from <c>vocab.json</c> and <c>merges.txt</c>: no special tokens are put around a text.</summary>
    public static PipelineCore Gpt2(string vocabularyFile, TokenizerConfig config)
    {
        BytePairEncoding model = ByteLevelModel(vocabularyFile);
        bool addPrefixSpace = config.AddPrefixSpace ?? false;
        return new(new(model, new(Special(model.Vocabulary, "<|endoftext|>"), null))
        {
            PreTokenizer = new ByteLevel { AddPrefixSpace = addPrefixSpace },
            PostProcessor = new ByteLevelProcessing(addPrefixSpace: true, trimOffsets: false, useRegex: true),
            Decoder = new ByteLevelDecoder(addPrefixSpace: true, trimOffsets: true, useRegex: true),
        });
    }

    /// <summary>RoBERTa from <c>vocab.json</c> and <c>merges.txt</c>: the mask token swallows the white space before it.</summary>
    public static PipelineCore Roberta(string vocabularyFile, TokenizerConfig config)
    {
        BytePairEncoding model = ByteLevelModel(vocabularyFile);
        bool addPrefixSpace = config.AddPrefixSpace ?? false;
        List<AddedToken> added = Special(model.Vocabulary, "<s>", "<pad>", "</s>", "<unk>", "<mask>");
        for (int i = 0; i < added.Count; i++) added[i] = added[i] with { Normalized = true, LeftStrip = added[i].Content == "<mask>" };
        return new(new(model, new(added, null))
        {
            PreTokenizer = new ByteLevel { AddPrefixSpace = addPrefixSpace },
            PostProcessor = new RobertaProcessing(("<s>", model.Vocabulary.IdOf("<s>")), ("</s>", model.Vocabulary.IdOf("</s>")), trimOffsets: true, addPrefixSpace),
            Decoder = new ByteLevelDecoder(addPrefixSpace: true, trimOffsets: true, useRegex: true),
        });
    }

    /// <summary>The recipe for <c>vocab.json</c>: the class its folder names, else RoBERTa where the vocabulary has its tokens, else GPT-2.</summary>
    public static PipelineCore ByteLevelBpe(string vocabularyFile, TokenizerConfig config)
    {
        PipelineCore gpt2 = Gpt2(vocabularyFile, config);
        bool hasFrame = gpt2.IdOf("<s>") >= 0 && gpt2.IdOf("</s>") >= 0;
        return hasFrame && config.Class is not "GPT2Tokenizer" ? Roberta(vocabularyFile, config) : gpt2;
    }

    private static BytePairEncoding ByteLevelModel(string vocabularyFile)
    {
        string mergesFile = Path.Combine(Path.GetDirectoryName(vocabularyFile) ?? "", "merges.txt");
        if (!File.Exists(mergesFile)) throw new InputException($"{mergesFile}: there is no such file; {Path.GetFileName(vocabularyFile)} needs its merges beside it");
        using JsonDocument document = TokenizerJson.Parse(File.ReadAllBytes(vocabularyFile), vocabularyFile);
        Vocabulary vocabulary = TokenModel.ReadVocabulary(new(document.RootElement, vocabularyFile, ""));
        List<(string, string)> merges = ClassicFiles.ReadMerges(mergesFile);
        MergeTable table = BytePairEncoding.Link(merges, vocabulary, "", index => new InputException($"{mergesFile}: merge {index + 1}: "));
        return new(vocabulary, merges) { Merges = table };
    }

    // Those of the tokens that the vocabulary has, as special added tokens.
    private static List<AddedToken> Special(Vocabulary vocabulary, params string[] tokens) =>
        [.. tokens.Where(token => vocabulary.IdOf(token) >= 0).Select(token => new AddedToken(token, vocabulary.IdOf(token)) { Special = true })];
}
