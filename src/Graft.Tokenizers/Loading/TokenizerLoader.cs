using Graft.Tokenizers.Json;
using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Loading;

/// <summary>
/// Finds what a path holds. In a folder the class counts, as the reference chooses it: that of <c>tokenizer_config.json</c>, else of
/// <c>config.json</c>, else the one of the model's type. <c>tokenizer.json</c> is that class's own description; without it the class is
/// built from its vocabulary files, and one that Graft cannot build is refused by its name. A file: by its name.
/// </summary>
internal static class TokenizerLoader
{
    public static TokenizerCore Load(string path)
    {
        if (Directory.Exists(path)) return LoadFolder(path);
        if (!File.Exists(path)) throw new InputException($"{path}: there is no such file or folder");
        string name = Path.GetFileName(path);
        TokenizerConfig config = TokenizerConfig.Beside(path);
        return Path.GetExtension(path) switch
        {
            ".txt" when name != "merges.txt" => FromVocabularyText(path, config),
            ".json" when name == "vocab.json" => FromVocabularyJson(path, config),
            ".model" or ".spm" => FromSentencePiece(path, config),
            ".json" => new PipelineCore(TokenizerJson.Read(File.ReadAllBytes(path), path)),
            _ => throw new InputException(
                $"{path}: Graft loads tokenizer.json, vocab.txt, vocab.json with merges.txt, or a folder with them"
            ),
        };
    }

    private static TokenizerCore LoadFolder(string folder)
    {
        TokenizerConfig config = TokenizerConfig.Of(folder);
        RefuseOwnCode(folder, config);
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
            return JsonOverrides.Apply(new PipelineCore(TokenizerJson.Read(File.ReadAllBytes(json), json)), config);
        string[] vocabularies =
        [
            Path.Combine(folder, "vocab.txt"),
            Path.Combine(folder, "vocab.json"),
            .. Directory.EnumerateFiles(folder, "*.model").Order(StringComparer.Ordinal),
        ];
        vocabularies = [.. vocabularies.Where(File.Exists)];
        string inside = Path.Combine(folder, "0_Transformer"); // where older versions of sentence-transformers put the model
        if (vocabularies.Length == 0 && File.Exists(Path.Combine(folder, "modules.json")) && Directory.Exists(inside))
            return LoadFolder(inside);
        if (vocabularies.Length == 0)
            throw new InputException(
                $"{folder}: no tokenizer here: neither tokenizer.json nor vocab.txt, vocab.json with merges.txt or a SentencePiece model"
            );
        string chosen = Array.Find(vocabularies, file => Fits(Path.GetFileName(file), config.Class)) ?? vocabularies[0];
        return Path.GetFileName(chosen) switch
        {
            "vocab.txt" => FromVocabularyText(chosen, config),
            "vocab.json" => FromVocabularyJson(chosen, config),
            _ => FromSentencePiece(chosen, config),
        };
    }

    private static void RefuseOwnCode(string folder, TokenizerConfig config)
    {
        if (config.Class is string name && TokenizerClasses.HasOwnCode(name))
            throw new InputException(
                $"{Path.Combine(folder, config.ClassFile)}: the tokenizer's class is {name}, which Graft does not have; another "
                    + $"class's ids would be wrong"
            );
        if (
            config.OwnClass is string own
            && !(
                TokenizerClasses.IsKnown(own)
                || (config.Class is string @class && TokenizerClasses.IsKnown(TokenizerClasses.WithoutFast(@class)))
            )
        )
            throw new InputException(
                $"{Path.Combine(folder, "tokenizer_config.json")}: auto_map: the tokenizer is {own}, code of the folder's own, which "
                    + $"Graft never runs"
            );
    }

    private static bool Fits(string file, string? name) => name switch
    {
        null => true,
        "MPNetTokenizer" => file == "vocab.txt",
        "GPT2Tokenizer" or "HerbertTokenizer" or "DebertaTokenizer" => file == "vocab.json",
        _ when TokenizerClasses.IsWordPiece(name) => file == "vocab.txt",
        _ when TokenizerClasses.IsRoberta(name) => file == "vocab.json",
        _ when TokenizerClasses.IsGeneral(name) => true,
        _ => file.EndsWith(".model", StringComparison.Ordinal),
    };

    private static TokenizerCore FromVocabularyText(string file, TokenizerConfig config) => CompanionTokens.Add(
        config.Class switch
        {
            "MPNetTokenizer" => Recipes.MpNet(file, config),
            null => Recipes.Bert(file, config),
            string name when TokenizerClasses.IsWordPiece(name) || TokenizerClasses.IsGeneral(name) => Recipes.Bert(file, config),
            string name => throw NotFrom(file, name, config),
        },
        config);

    private static TokenizerCore FromVocabularyJson(string file, TokenizerConfig config) => CompanionTokens.Add(
        config.Class switch
        {
            "GPT2Tokenizer" => Recipes.Gpt2(file, config),
            "HerbertTokenizer" => Recipes.Herbert(file, config),
            "DebertaTokenizer" => Recipes.Deberta(file, config),
            null => Recipes.ByteLevelBpe(file, config),
            string name when TokenizerClasses.IsRoberta(name) => Recipes.Roberta(file, config),
            string name when TokenizerClasses.IsGeneral(name) => Recipes.ByteLevelBpe(file, config),
            string name => throw NotFrom(file, name, config),
        },
        config);

    private static TokenizerCore FromSentencePiece(string file, TokenizerConfig config) =>
        SentencePieceRecipes.Build(file, config) is TokenizerCore built
            ? CompanionTokens.Add(built, config)
            : throw NotFrom(file, config.Class!, config);

    private static InputException NotFrom(string file, string name, TokenizerConfig config) =>
        new(
            $"{file}: {config.ClassFile} makes the tokenizer a {name}, which Graft does not build from this file: tokenizer.json is needed"
        );
}
