using Graft.Tokenizers.Json;
using Graft.Tokenizers.Pipeline;

namespace Graft.Tokenizers.Loading;

/// <summary>
/// Finds what a path holds. A folder: <c>tokenizer.json</c>; else the class in <c>tokenizer_config.json</c> with its files; else what
/// vocabulary file there is. A file: by its name.
/// </summary>
internal static class TokenizerLoader
{
    public static TokenizerCore Load(string path)
    {
        if (Directory.Exists(path)) return LoadFolder(path);
        if (!File.Exists(path)) throw new InputException($"{path}: there is no such file or folder");
        string name = Path.GetFileName(path);
        return Path.GetExtension(path) switch
        {
            ".txt" when name != "merges.txt" => Recipes.Bert(path, TokenizerConfig.Beside(path)),
            ".json" when name == "vocab.json" => Recipes.ByteLevelBpe(path, TokenizerConfig.Beside(path)),
            ".model" or ".spm" => SentencePieceRecipes.Build(path, TokenizerConfig.Beside(path)),
            ".json" => new PipelineCore(TokenizerJson.Read(File.ReadAllBytes(path), path)),
            _ => throw new InputException($"{path}: Graft loads tokenizer.json, vocab.txt, vocab.json with merges.txt, or a folder with them"),
        };
    }

    private static TokenizerCore LoadFolder(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json)) return new PipelineCore(TokenizerJson.Read(File.ReadAllBytes(json), json));
        string vocabulary = Path.Combine(folder, "vocab.txt");
        if (File.Exists(vocabulary)) return Recipes.Bert(vocabulary, TokenizerConfig.Beside(vocabulary));
        vocabulary = Path.Combine(folder, "vocab.json");
        if (File.Exists(vocabulary)) return Recipes.ByteLevelBpe(vocabulary, TokenizerConfig.Beside(vocabulary));
        if (Directory.EnumerateFiles(folder, "*.model").Order(StringComparer.Ordinal).FirstOrDefault() is string model)
        {
            return SentencePieceRecipes.Build(model, TokenizerConfig.Beside(model));
        }

        throw new InputException($"{folder}: no tokenizer here: neither tokenizer.json nor vocab.txt, vocab.json with merges.txt or a SentencePiece model");
    }
}
