namespace Graft.Tokenizers.Loading;

/// <summary>
/// The classes of the reference's tokenizers: which goes with a type of model, which Graft builds, and of which kind they are.
/// </summary>
internal static class TokenizerClasses
{
    private const string Fast = "Fast";

    // The reference's table (models/auto/tokenization_auto.py), as far as text models go.
    private static readonly Dictionary<string, string> s_ofModelType = new(StringComparer.Ordinal)
    {
        ["albert"] = "AlbertTokenizer",
        ["bart"] = "RobertaTokenizer",
        ["bert"] = "BertTokenizer",
        ["byt5"] = "ByT5Tokenizer",
        ["camembert"] = "CamembertTokenizer",
        ["canine"] = "CanineTokenizer",
        ["convbert"] = "BertTokenizer",
        ["data2vec-text"] = "RobertaTokenizer",
        ["deberta"] = "DebertaTokenizer",
        ["deberta-v2"] = "DebertaV2Tokenizer",
        ["distilbert"] = "BertTokenizer",
        ["electra"] = "BertTokenizer",
        ["ernie"] = "BertTokenizer",
        ["gpt2"] = "GPT2Tokenizer",
        ["herbert"] = "HerbertTokenizer",
        ["longformer"] = "RobertaTokenizer",
        ["mobilebert"] = "BertTokenizer",
        ["mpnet"] = "MPNetTokenizer",
        ["mt5"] = "T5Tokenizer",
        ["nomic_bert"] = "BertTokenizer",
        ["roberta"] = "RobertaTokenizer",
        ["t5"] = "T5Tokenizer",
        ["xlm-roberta"] = "XLMRobertaTokenizer",
    };

    private static readonly HashSet<string> s_general = new(StringComparer.Ordinal)
    {
        "PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend", "PythonBackend",
    };

    private static readonly HashSet<string> s_wordPiece = new(StringComparer.Ordinal)
    {
        "BertTokenizer",
        "ConvBertTokenizer",
        "DistilBertTokenizer",
        "ElectraTokenizer",
        "LayoutLMTokenizer",
        "MobileBertTokenizer",
        "RetriBertTokenizer",
        "SqueezeBertTokenizer",
    };

    private static readonly HashSet<string> s_roberta = new(StringComparer.Ordinal)
    {
        "BartTokenizer",
        "LEDTokenizer",
        "LongformerTokenizer",
        "RobertaTokenizer",
    };

    private static readonly HashSet<string> s_others = new(StringComparer.Ordinal)
    {
        "AlbertTokenizer",
        "CamembertTokenizer",
        "DebertaTokenizer",
        "DebertaV2Tokenizer",
        "GPT2Tokenizer",
        "HerbertTokenizer",
        "MPNetTokenizer",
        "MT5Tokenizer",
        "T5Tokenizer",
        "XLMRobertaTokenizer",
    };

    // Their words are found by code of the class, never by a tokenizer.json, even where one lies beside them.
    private static readonly HashSet<string> s_ownCode = new(StringComparer.Ordinal)
    {
        "BartphoTokenizer",
        "BertJapaneseTokenizer",
        "BertweetTokenizer",
        "BioGptTokenizer",
        "ByT5Tokenizer",
        "CanineTokenizer",
        "CpmAntTokenizer",
        "CTRLTokenizer",
        "EsmTokenizer",
        "FlaubertTokenizer",
        "FSMTTokenizer",
        "GPTNeoXJapaneseTokenizer",
        "MyT5Tokenizer",
        "PerceiverTokenizer",
        "PhobertTokenizer",
        "ProphetNetTokenizer",
        "RoCBertTokenizer",
        "TransfoXLTokenizer",
        "XLMTokenizer",
    };

    /// <summary>BERT's words and pieces from <c>vocab.txt</c>.</summary>
    public static bool IsWordPiece(string name) => s_wordPiece.Contains(name);

    /// <summary>RoBERTa's from <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    public static bool IsRoberta(string name) => s_roberta.Contains(name);

    /// <summary>Says no more than that <c>tokenizer.json</c> has it all.</summary>
    public static bool IsGeneral(string name) => s_general.Contains(name);

    /// <summary>Works by code of its own that Graft does not have.</summary>
    public static bool HasOwnCode(string name) => s_ownCode.Contains(name);

    /// <summary>Whether Graft knows how the class makes tokens.</summary>
    public static bool IsKnown(string name) =>
        s_wordPiece.Contains(name) || s_roberta.Contains(name) || s_others.Contains(name) || s_general.Contains(name);

    /// <summary>
    /// The class that goes with a <c>model_type</c>; null for types that are not text models or need their <c>tokenizer.json</c>.
    /// </summary>
    public static string? OfModelType(string type) => s_ofModelType.GetValueOrDefault(type);

    /// <summary><c>BertTokenizerFast</c> → <c>BertTokenizer</c>: the same ids.</summary>
    public static string WithoutFast(string name) =>
        name.EndsWith(Fast, StringComparison.Ordinal) && !s_general.Contains(name) ? name[..^Fast.Length] : name;
}
