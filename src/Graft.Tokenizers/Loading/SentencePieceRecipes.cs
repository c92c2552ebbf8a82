using System.Globalization;
using Graft.Tokenizers.Decoders;
using Graft.Tokenizers.Json;
using Graft.Tokenizers.Models;
using Graft.Tokenizers.Normalizers;
using Graft.Tokenizers.Pipeline;
using Graft.Tokenizers.PostProcessors;
using Graft.Tokenizers.PreTokenizers;
using Graft.Tokenizers.SentencePiece;
using Graft.Tokenizers.Text;

namespace Graft.Tokenizers.Loading;

/// <summary>
/// The steps of the tokenizers whose class is built on a SentencePiece model, as their published <c>tokenizer.json</c> has them.
/// </summary>
internal static class SentencePieceRecipes
{
    private const int DigitCommaPenalty = 100;

    /// <summary>
    /// Builds the tokenizer of a class from its model; without a class the plain model. Null: Graft does not build the class.
    /// </summary>
    public static TokenizerCore? Build(string modelFile, TokenizerConfig config) => config.Class switch
    {
        "T5Tokenizer" or "MT5Tokenizer" => T5(SentencePieceModel.Load(modelFile), config),
        "AlbertTokenizer" => Albert(SentencePieceModel.Load(modelFile), config),
        "XLMRobertaTokenizer" => XlmRoberta(SentencePieceModel.Load(modelFile), config),
        "CamembertTokenizer" => Camembert(SentencePieceModel.Load(modelFile), config),
        "DebertaV2Tokenizer" => DebertaV2(SentencePieceModel.Load(modelFile), config),
        null => new SentencePieceCore(modelFile),
        string name when TokenizerClasses.IsGeneral(name) => new SentencePieceCore(modelFile),
        _ => null,
    };

    // A </s> after each text; 100 extra ids, the highest number first.
    private static PipelineCore T5(SentencePieceModel model, TokenizerConfig config)
    {
        List<(string, double)> pieces = PiecesOf(model);
        int extra = config.ExtraIds ?? 100;
        List<string> special = ["<pad>", "</s>", "<unk>"];
        for (int number = extra - 1; number >= 0; number--)
        {
            string token = string.Create(CultureInfo.InvariantCulture, $"<extra_id_{number}>");
            pieces.Add((token, 0));
            special.Add(token);
        }

        Unigram unigram = new(pieces, model.UnknownId, byteFallback: false);
        TemplatePart end = Special(unigram, "</s>", 0);
        TemplatePart[] single = [TemplatePart.ForSequence(0, 0), end];
        return Assemble(unigram, MapOf(model), special, "", new(single, [.. single, TemplatePart.ForSequence(1, 0), end]), model, config);
    }

    // Quotes unified, accents dropped, lower-cased, then the map; pieces that end in digit and comma lose to digit, comma.
    private static PipelineCore Albert(SentencePieceModel model, TokenizerConfig config)
    {
        List<(string Token, double Score)> pieces = PiecesOf(model);
        for (int i = 0; i < pieces.Count; i++)
        {
            (string token, double score) = pieces[i];
            if (token.Length > 1 && token[^1] == ',' && char.IsAsciiDigit(token[^2]))
                pieces[i] = (token, ScoreNumber.Reread(model.Pieces[i].Score - (double)DigitCommaPenalty));
        }

        Unigram unigram = new(pieces, model.UnknownId, byteFallback: false);
        List<Normalizer> steps = [new Replace(PatternSource.ForString("``"), "\""), new Replace(PatternSource.ForString("''"), "\"")];
        if (config.KeepAccents != true)
            steps.AddRange([new UnicodeForm(NormalizationKind.Nfkd), new StripAccents()]);
        if (config.LowerCase != false)
            steps.Add(new Lowercase());
        if (MapOf(model) is Normalizer map)
            steps.Add(map);
        TemplateProcessing template = TemplateProcessing.Bert(
            ("[CLS]", unigram.Vocabulary.IdOf("[CLS]")),
            ("[SEP]", unigram.Vocabulary.IdOf("[SEP]"))
        );
        return Assemble(
            unigram,
            new NormalizerSequence([.. steps]),
            ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"],
            "[MASK]",
            template,
            model,
            config
        );
    }

    // fairseq's numbering: <s> <pad> </s> <unk>, then the model's pieces from the fourth on, then <mask>.
    private static PipelineCore XlmRoberta(SentencePieceModel model, TokenizerConfig config)
    {
        List<(string, double)> pieces = [("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. PiecesOf(model).Skip(3), ("<mask>", 0)];
        Unigram unigram = new(pieces, 3, byteFallback: false);
        TemplatePart begin = Special(unigram, "<s>", 0);
        TemplatePart end = Special(unigram, "</s>", 0);
        TemplatePart[] single = [begin, TemplatePart.ForSequence(0, 0), end];
        TemplateProcessing template = new(single, [.. single, end, TemplatePart.ForSequence(1, 0), end]);
        return Assemble(unigram, MapOf(model), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<mask>", template, model, config);
    }

    // fairseq's numbering again, with other names for its first tokens: the model's own <s> and </s> are the fifth and sixth.
    private static PipelineCore Camembert(SentencePieceModel model, TokenizerConfig config)
    {
        List<(string, double)> pieces =
        [
            ("<s>NOTUSED", 0),
            ("<pad>", 0),
            ("</s>NOTUSED", 0),
            ("<unk>", 0),
            ("<unk>NOTUSED", -100),
            .. PiecesOf(model).Skip(1),
            ("<mask>", 0),
        ];
        Unigram unigram = new(pieces, 3, byteFallback: false);
        TemplatePart begin = Special(unigram, "<s>", 0);
        TemplatePart end = Special(unigram, "</s>", 0);
        TemplatePart[] single = [begin, TemplatePart.ForSequence(0, 0), end];
        TemplateProcessing template = new(single, [.. single, end, TemplatePart.ForSequence(1, 0), end]);
        string[] special = ["<s>", "</s>", "<unk>", "<pad>", "<mask>", "<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED"];
        return Assemble(unigram, MapOf(model), special, "<mask>", template, model, config);
    }

    // The reference leaves the model's map out: white space is made one space, the text is composed, the space at its end dropped.
    private static PipelineCore DebertaV2(SentencePieceModel model, TokenizerConfig config)
    {
        string[] roles = ["[CLS]", "[SEP]", "[UNK]", "[PAD]"];
        Unigram unigram = new(PiecesOf(model), model.UnknownId, byteFallback: false);
        List<Normalizer> steps =
        [
            new Replace(PatternSource.ForExpression(@"\s{2,}|[\n\r\t]"), " "),
            new UnicodeForm(NormalizationKind.Nfc),
            new Strip(left: false, right: true),
        ];
        if (config.LowerCase == true)
            steps.Insert(0, new Lowercase());
        NormalizerSequence normalizer = new([.. steps]);
        Metaspace spaces = new(scheme: config.AddPrefixSpace != false ? PrependScheme.Always : PrependScheme.First);
        TemplateProcessing template = TemplateProcessing.Bert(
            ("[CLS]", Special(unigram, "[CLS]", 0).Ids[0]),
            ("[SEP]", Special(unigram, "[SEP]", 0).Ids[0])
        );
        List<AddedToken> added = [.. AddedOf(unigram, roles, "", model, config)];
        string mask = config.Role("mask_token", "[MASK]");
        if (!added.Exists(token => token.Content == mask))
        {
            int known = unigram.Vocabulary.IdOf(mask);
            added.Add(new(mask, known >= 0 ? known : unigram.Vocabulary.IdEnd) { Special = true });
        }

        return new(
            new(unigram, new(added, normalizer))
            {
                Normalizer = normalizer,
                PreTokenizer = new PreTokenizerSequence(
                    config.SplitByPunctuation == true ? [new Punctuation(SplitBehavior.Isolated), spaces] : [spaces]
                ),
                PostProcessor = template,
                Decoder = new MetaspaceDecoder(spaces),
            }
        );
    }

    private static PipelineCore Assemble(
        Unigram unigram,
        Normalizer? normalizer,
        IEnumerable<string> special,
        string mask,
        TemplateProcessing template,
        SentencePieceModel model,
        TokenizerConfig config
    )
    {
        Metaspace spaces = new(scheme: config.AddPrefixSpace != false ? PrependScheme.Always : PrependScheme.Never);
        return new(new(unigram, new([.. AddedOf(unigram, special, mask, model, config)], normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = new PreTokenizerSequence([new WhitespaceSplit(), spaces]),
            PostProcessor = template,
            Decoder = new MetaspaceDecoder(spaces),
        });
    }

    // The class's special tokens, and, where tokenizer_config.json does not list all, what the model itself sets apart: control pieces,
    // which are special, and user-defined ones, which are not.
    private static IEnumerable<AddedToken> AddedOf(
        Unigram unigram,
        IEnumerable<string> special,
        string mask,
        SentencePieceModel model,
        TokenizerConfig config
    )
    {
        IEnumerable<AddedToken> ofClass = special.Select(token => new AddedToken(token, unigram.Vocabulary.IdOf(token))
        {
            Special = true,
            LeftStrip = token == mask,
        });
        IEnumerable<AddedToken> ofModel = model
            .Pieces.Where(piece => !config.ListsAddedTokens && (piece.Type is SentencePieceType.Control or SentencePieceType.UserDefined))
            .Select(piece => new AddedToken(piece.Text, unigram.Vocabulary.IdOf(piece.Text))
            {
                Special = piece.Type == SentencePieceType.Control,
            });
        return ofClass.Concat(ofModel).Where(token => token.Id >= 0).DistinctBy(token => token.Content, StringComparer.Ordinal);
    }

    private static List<(string Token, double Score)> PiecesOf(SentencePieceModel model) =>
        [.. model.Pieces.Select(piece => (piece.Text, ScoreNumber.Reread(piece.Score)))];

    private static Precompiled? MapOf(SentencePieceModel model) => model.MapBytes.Length > 0 ? new(model.MapBytes) : null;

    private static TemplatePart Special(Unigram unigram, string token, int typeId)
    {
        int id = unigram.Vocabulary.IdOf(token);
        return id >= 0
            ? TemplatePart.ForToken(token, id, typeId)
            : throw new InputException($"the SentencePiece model has no \"{token}\"; it is not one of this tokenizer class");
    }
}
