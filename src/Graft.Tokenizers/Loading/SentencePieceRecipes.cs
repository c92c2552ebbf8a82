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

/// <summary>The steps of the tokenizers whose class is built on a SentencePiece model, as their published <c>tokenizer.json</c> has them.</summary>
internal static class SentencePieceRecipes
{
    private const int DigitCommaPenalty = 100;

    /// <summary>Builds the tokenizer of a class from its model; a class that is not known, or none, is the plain model.</summary>
    public static TokenizerCore Build(string modelFile, TokenizerConfig config) => config.Class switch
    {
        "T5Tokenizer" => T5(SentencePieceModel.Load(modelFile), config),
        "AlbertTokenizer" => Albert(SentencePieceModel.Load(modelFile), config),
        "XLMRobertaTokenizer" => XlmRoberta(SentencePieceModel.Load(modelFile)),
        null => new SentencePieceCore(modelFile),
        string other => throw new InputException($"{modelFile}: tokenizer_config.json names the class {other}; Graft builds T5Tokenizer, AlbertTokenizer and XLMRobertaTokenizer from a model, for others tokenizer.json is needed"),
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
        return Assemble(unigram, MapOf(model), special, "", new(single, [.. single, TemplatePart.ForSequence(1, 0), end]));
    }

    // Quotes unified, accents dropped, lower-cased, then the map; pieces that end in digit and comma lose to digit, comma.
    private static PipelineCore Albert(SentencePieceModel model, TokenizerConfig config)
    {
        List<(string Token, double Score)> pieces = PiecesOf(model);
        for (int i = 0; i < pieces.Count; i++)
        {
            (string token, double score) = pieces[i];
            if (token.Length > 1 && token[^1] == ',' && char.IsAsciiDigit(token[^2])) pieces[i] = (token, ScoreNumber.Reread(model.Pieces[i].Score - (double)DigitCommaPenalty));
        }

        Unigram unigram = new(pieces, model.UnknownId, byteFallback: false);
        List<Normalizer> steps = [new Replace(PatternSource.ForString("``"), "\""), new Replace(PatternSource.ForString("''"), "\"")];
        if (config.KeepAccents != true) steps.AddRange([new UnicodeForm(NormalizationKind.Nfkd), new StripAccents()]);
        if (config.LowerCase != false) steps.Add(new Lowercase());
        if (MapOf(model) is Normalizer map) steps.Add(map);
        TemplateProcessing template = TemplateProcessing.Bert(("[CLS]", unigram.Vocabulary.IdOf("[CLS]")), ("[SEP]", unigram.Vocabulary.IdOf("[SEP]")));
        return Assemble(unigram, new NormalizerSequence([.. steps]), ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"], "[MASK]", template);
    }

    // fairseq's numbering: <s> <pad> </s> <unk>, then the model's pieces from the fourth on, then <mask>.
    private static PipelineCore XlmRoberta(SentencePieceModel model)
    {
        List<(string, double)> pieces = [("<s>", 0), ("<pad>", 0), ("</s>", 0), ("<unk>", 0), .. PiecesOf(model).Skip(3), ("<mask>", 0)];
        Unigram unigram = new(pieces, 3, byteFallback: false);
        TemplatePart begin = Special(unigram, "<s>", 0);
        TemplatePart end = Special(unigram, "</s>", 0);
        TemplatePart[] single = [begin, TemplatePart.ForSequence(0, 0), end];
        return Assemble(unigram, MapOf(model), ["<s>", "<pad>", "</s>", "<unk>", "<mask>"], "<mask>", new(single, [.. single, end, TemplatePart.ForSequence(1, 0), end]));
    }

    private static PipelineCore Assemble(Unigram unigram, Normalizer? normalizer, IEnumerable<string> special, string mask, TemplateProcessing template)
    {
        List<AddedToken> added = [.. special
            .Where(token => unigram.Vocabulary.IdOf(token) >= 0)
            .Select(token => new AddedToken(token, unigram.Vocabulary.IdOf(token)) { Special = true, LeftStrip = token == mask })];
        return new(new(unigram, new(added, normalizer))
        {
            Normalizer = normalizer,
            PreTokenizer = new PreTokenizerSequence([new WhitespaceSplit(), new Metaspace()]),
            PostProcessor = template,
            Decoder = new MetaspaceDecoder(new Metaspace()),
        });
    }

    private static List<(string Token, double Score)> PiecesOf(SentencePieceModel model) =>
        [.. model.Pieces.Select(piece => (piece.Text, ScoreNumber.Reread(piece.Score)))];

    private static Precompiled? MapOf(SentencePieceModel model) => model.MapBytes.Length > 0 ? new(model.MapBytes) : null;

    private static TemplatePart Special(Unigram unigram, string token, int typeId)
    {
        int id = unigram.Vocabulary.IdOf(token);
        return id >= 0 ? TemplatePart.ForToken(token, id, typeId) : throw new InputException($"the SentencePiece model has no \"{token}\"; it is not one of this tokenizer class");
    }
}
