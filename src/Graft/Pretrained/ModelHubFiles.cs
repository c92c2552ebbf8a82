using System.Text.RegularExpressions;

namespace Graft.Pretrained;

/// <summary>
/// Chooses the files of a published model that are needed to run it: configuration, tokenizer, and the weights in one format.
/// </summary>
internal static partial class ModelHubFiles
{
    /// <summary>Configuration and tokenizers; the layers of sentence-transformers lie in numbered folders.</summary>
    private static readonly HashSet<string> s_companions = new(StringComparer.Ordinal)
    {
        "config.json", "generation_config.json", "adapter_config.json", "bert_config.json",
        "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt",
        "spiece.model", "sentencepiece.bpe.model", "spm.model", "tokenizer.model",
        "modules.json", "sentence_bert_config.json", "config_sentence_transformers.json",
    };

    /// <summary>The files to fetch. Weights come last and an index after its shards, so that a folder with weights is whole.</summary>
    public static List<string> Choose(IReadOnlyCollection<string> published)
    {
        List<string> chosen =
        [
            .. published.Where(file => s_companions.Contains(file) || SentenceModule().IsMatch(file)).Order(StringComparer.Ordinal),
        ];
        chosen.AddRange(Weights(published));
        return chosen;
    }

    /// <summary>True for a file with weights of a model, as opposed to those of a module after it.</summary>
    public static bool IsWeights(string file)
    {
        string name = file.StartsWith("0_Transformer/", StringComparison.Ordinal) ? file["0_Transformer/".Length..] : file;
        return !name.EndsWith(".json", StringComparison.Ordinal)
            && (Safetensors().IsMatch(name) || Pickled().IsMatch(name) || TensorFlow().IsMatch(name) || Adapter().IsMatch(name));
    }

    /// <summary>True when a name stays inside the model's folder.</summary>
    public static bool IsSafe(string file) =>
        file.Length > 0
        && !file.Contains('\\')
        && !file.Contains(':')
        && !file.Any(char.IsControl)
        && file.Split('/').All(part => part is not ("" or "." or ".."));

    private static IEnumerable<string> Weights(IReadOnlyCollection<string> published)
    {
        Regex[] formats = [Safetensors(), Pickled(), TensorFlow(), Adapter()];
        foreach (Regex format in formats)
        {
            List<string> matching =
            [
                .. published
                    .Where(file => format.IsMatch(file))
                    .OrderBy(file => file.EndsWith(".json", StringComparison.Ordinal))
                    .ThenBy(file => file, StringComparer.Ordinal),
            ];
            // A whole file beside shards holds the same weights.
            string? whole = matching.Find(file => file is "model.safetensors" or "pytorch_model.bin");
            if (whole is not null) return [whole];
            if (matching.Count > 0) return matching;
        }

        return [];
    }

    [GeneratedRegex(
        @"^model(-[0-9]+-of-[0-9]+)?\.safetensors$|^model\.safetensors\.index\.json$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Safetensors();

    [GeneratedRegex(
        @"^pytorch_model(-[0-9]+-of-[0-9]+)?\.bin$|^pytorch_model\.bin\.index\.json$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Pickled();

    [GeneratedRegex(@"^(bert_)?model\.ckpt\.(index|data-[0-9]+-of-[0-9]+)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex TensorFlow();

    [GeneratedRegex(@"^adapter_model\.(safetensors|bin)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Adapter();

    [GeneratedRegex(
        @"^[0-9]+_[A-Za-z]+/(config\.json|model\.safetensors|pytorch_model\.bin)$"
            + @"|^0_Transformer/(tokenizer.*\.json|[a-z_]+\.json|vocab\.(txt|json)|merges\.txt|[a-z.]+\.model)$"
            + @"|^sentence_[a-z-]+_config\.json$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SentenceModule();
}
