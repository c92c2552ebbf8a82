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
        string unknown = config.Role("unk_token", "[UNK]"),
            padding = config.Role("pad_token", "[PAD]"),
            mask = config.Role("mask_token", "[MASK]");
        (string, int) cls = Required(config.Role("cls_token", "[CLS]"));
        (string, int) sep = Required(config.Role("sep_token", "[SEP]"));
        Required(padding);
        Required(unknown);
        BertNormalizer normalizer = NormalizerOf(config);
        return new(
            new(new WordPiece(vocabulary, unknown), new(Special(vocabulary, padding, unknown, cls.Item1, sep.Item1, mask), normalizer))
            {
                Normalizer = normalizer,
                PreTokenizer = new BertPreTokenizer(),
                PostProcessor = TemplateProcessing.Bert(cls, sep),
                Decoder = new WordPieceDecoder(),
            }
        );

        (string, int) Required(string token) => Find(vocabulary, token, vocabularyFile, "BERT");
    }

    /// <summary>MPNet from <c>vocab.txt</c>: BERT's words between RoBERTa's special tokens.</summary>
    public static PipelineCore MpNet(string vocabularyFile, TokenizerConfig config)
    {
        Vocabulary vocabulary = ClassicFiles.ReadVocabularyText(vocabularyFile);
        string unknown = config.Role("unk_token", "[UNK]"), mask = config.Role("mask_token", "<mask>");
        (string, int) cls = Find(vocabulary, config.Role("cls_token", "<s>"), vocabularyFile, "MPNet");
        (string, int) sep = Find(vocabulary, config.Role("sep_token", "</s>"), vocabularyFile, "MPNet");
        Find(vocabulary, unknown, vocabularyFile, "MPNet");
        BertNormalizer normalizer = NormalizerOf(config);
        List<AddedToken> added = Special(vocabulary, cls.Item1, config.Role("pad_token", "<pad>"), sep.Item1, unknown, mask);
        for (int i = 0; i < added.Count; i++) added[i] = added[i] with { LeftStrip = added[i].Content == mask };
        return new(new(new WordPiece(vocabulary, unknown), new(added, normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = new BertPreTokenizer(),
            PostProcessor = new RobertaProcessing(cls, sep, trimOffsets: true, addPrefixSpace: false),
            Decoder = new WordPieceDecoder(),
        });
    }

    /// <summary>
    /// HerBERT from <c>vocab.json</c> and <c>merges.txt</c>: BERT's words, whose last character carries <c>&lt;/w&gt;</c>, cut by BPE.
    /// </summary>
    public static PipelineCore Herbert(string vocabularyFile, TokenizerConfig config)
    {
        const string Suffix = "</w>";
        string unknown = config.Role("unk_token", "<unk>");
        BytePairEncoding plain = ReadBytePairs(vocabularyFile);
        Vocabulary vocabulary = plain.Vocabulary;
        (string, int) cls = Find(vocabulary, config.Role("cls_token", "<s>"), vocabularyFile, "HerBERT");
        (string, int) sep = Find(vocabulary, config.Role("sep_token", "</s>"), vocabularyFile, "HerBERT");
        Find(vocabulary, unknown, vocabularyFile, "HerBERT");
        BertNormalizer normalizer = new() { LowerCase = false, StripAccents = false };
        List<AddedToken> added = Special(
            vocabulary,
            cls.Item1,
            config.Role("pad_token", "<pad>"),
            sep.Item1,
            unknown,
            config.Role("mask_token", "<mask>")
        );
        return new(
            new(plain.WithWords(unknown, Suffix), new(added, normalizer))
            {
                Normalizer = normalizer,
                PreTokenizer = new BertPreTokenizer(),
                PostProcessor = new BertProcessing(cls, sep),
                Decoder = new BytePairDecoder(Suffix),
            }
        );
    }

    /// <summary>DeBERTa from <c>vocab.json</c> and <c>merges.txt</c>: GPT-2's pieces between BERT's special tokens.</summary>
    public static PipelineCore Deberta(string vocabularyFile, TokenizerConfig config)
    {
        BytePairEncoding model = ReadBytePairs(vocabularyFile);
        string mask = config.Role("mask_token", "[MASK]");
        (string, int) cls = Find(model.Vocabulary, config.Role("cls_token", "[CLS]"), vocabularyFile, "DeBERTa");
        (string, int) sep = Find(model.Vocabulary, config.Role("sep_token", "[SEP]"), vocabularyFile, "DeBERTa");
        List<AddedToken> added = Special(
            model.Vocabulary,
            config.Role("pad_token", "[PAD]"),
            cls.Item1,
            sep.Item1,
            config.Role("unk_token", "[UNK]"),
            mask
        );
        for (int i = 0; i < added.Count; i++)
            added[i] = added[i] with { LeftStrip = added[i].Content == mask };
        return new(
            new(model, new(added, null))
            {
                PreTokenizer = new ByteLevel { AddPrefixSpace = config.AddPrefixSpace ?? false },
                PostProcessor = TemplateProcessing.Bert(cls, sep),
                Decoder = new ByteLevelDecoder(addPrefixSpace: true, trimOffsets: true, useRegex: true),
            }
        );
    }

    /// <summary>GPT-2 from <c>vocab.json</c> and <c>merges.txt</c>: no special tokens are put around a text.</summary>
    public static PipelineCore Gpt2(string vocabularyFile, TokenizerConfig config)
    {
        BytePairEncoding model = ReadBytePairs(vocabularyFile);
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
        BytePairEncoding model = ReadBytePairs(vocabularyFile);
        bool addPrefixSpace = config.AddPrefixSpace ?? false;
        string mask = config.Role("mask_token", "<mask>");
        (string, int) cls = Find(model.Vocabulary, config.Role("cls_token", "<s>"), vocabularyFile, "RoBERTa");
        (string, int) sep = Find(model.Vocabulary, config.Role("sep_token", "</s>"), vocabularyFile, "RoBERTa");
        List<AddedToken> added = Special(
            model.Vocabulary,
            cls.Item1,
            config.Role("pad_token", "<pad>"),
            sep.Item1,
            config.Role("unk_token", "<unk>"),
            mask
        );
        for (int i = 0; i < added.Count; i++)
            added[i] = added[i] with { Normalized = true, LeftStrip = added[i].Content == mask };
        return new(
            new(model, new(added, null))
            {
                PreTokenizer = new ByteLevel { AddPrefixSpace = addPrefixSpace },
                PostProcessor = new RobertaProcessing(cls, sep, config.TrimOffsets ?? true, addPrefixSpace),
                Decoder = new ByteLevelDecoder(addPrefixSpace: true, trimOffsets: true, useRegex: true),
            }
        );
    }

    /// <summary>
    /// The recipe for <c>vocab.json</c>: the class its folder names, else RoBERTa where the vocabulary has its tokens, else GPT-2.
    /// </summary>
    public static PipelineCore ByteLevelBpe(string vocabularyFile, TokenizerConfig config)
    {
        PipelineCore gpt2 = Gpt2(vocabularyFile, config);
        bool hasFrame = gpt2.IdOf("<s>") >= 0 && gpt2.IdOf("</s>") >= 0;
        return hasFrame && config.Class is not "GPT2Tokenizer" ? Roberta(vocabularyFile, config) : gpt2;
    }

    private static BertNormalizer NormalizerOf(TokenizerConfig config) => new()
    {
        LowerCase = config.LowerCase ?? true,
        StripAccents = config.StripAccents,
        HandleChineseChars = config.HandleChineseChars ?? true,
    };

    private static (string Token, int Id) Find(Vocabulary vocabulary, string token, string file, string kind)
    {
        int id = vocabulary.IdOf(token);
        return id >= 0
            ? (token, id)
            : throw new InputException($"{file}: the vocabulary has no \"{token}\"; it is not one of a {kind} tokenizer");
    }

    private static BytePairEncoding ReadBytePairs(string vocabularyFile)
    {
        string mergesFile = Path.Combine(Path.GetDirectoryName(vocabularyFile) ?? "", "merges.txt");
        if (!File.Exists(mergesFile))
            throw new InputException($"{mergesFile}: there is no such file; {Path.GetFileName(vocabularyFile)} needs its merges beside it");
        using JsonDocument document = TokenizerJson.Parse(File.ReadAllBytes(vocabularyFile), vocabularyFile);
        Vocabulary vocabulary = TokenModel.ReadVocabulary(new(document.RootElement, vocabularyFile, ""));
        List<(string, string)> merges = ClassicFiles.ReadMerges(mergesFile);
        MergeTable table = BytePairEncoding.Link(merges, vocabulary, "", index => new InputException($"{mergesFile}: merge {index + 1}: "));
        return new(vocabulary, merges) { Merges = table };
    }

    // Those of the tokens that the vocabulary has, as special added tokens.
    private static List<AddedToken> Special(Vocabulary vocabulary, params string[] tokens) =>
        [
            .. tokens
                .Where(token => vocabulary.IdOf(token) >= 0)
                .Select(token => new AddedToken(token, vocabulary.IdOf(token)) { Special = true }),
        ];
}
