namespace Graft.Pretrained;

/// <summary>
/// The files beside the weights that a copy of a model needs: its tokenizer, generation settings, sentence-transformers layout.
/// </summary>
internal static class CompanionFiles
{
    private static readonly string[] s_names =
    [
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
        "spiece.model", "spm.model", "sentencepiece.bpe.model", "generation_config.json",
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json", "1_Pooling/config.json",
    ];

    /// <summary>Copies those that are there.</summary>
    /// <exception cref="RunFailedException">The target cannot be written.</exception>
    public static void Copy(string from, string to)
    {
        if (Path.GetFullPath(from) == Path.GetFullPath(to)) return;
        foreach (string name in s_names)
        {
            string source = Path.Combine(from, name);
            if (File.Exists(source)) AtomicFile.WriteBytes(Path.Combine(to, name), File.ReadAllBytes(source));
        }
    }
}
