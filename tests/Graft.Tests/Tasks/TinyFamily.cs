using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Pretrained;
using Graft.Tests.Contracts;

namespace Graft.Tests.Tasks;

/// <summary>A drawn model of any family with a tokenizer of a few words, saved as a folder.</summary>
internal static class TinyFamily
{
    // The id 1 is padding to RoBERTa.
    private static readonly string[] s_special = ["[PAD]", "[unused]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "</s>"];

    private static readonly string[] s_words =
    [
        "good",
        "lovely",
        "bright",
        "kind",
        "bad",
        "awful",
        "dull",
        "cruel",
        "anna",
        "omar",
        "lena",
        "rome",
        "oslo",
        "lima",
        "the",
        "a",
        "film",
        "book",
        "was",
        "in",
        "lives",
        "and",
        "story",
        "who",
        "where",
        "?",
        ".",
        "##s",
    ];

    /// <summary>Makes the folder.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="family">The model type.</param>
    /// <param name="head">What stands on it.</param>
    /// <param name="labels">Names of classes; null for the head's own.</param>
    /// <param name="problem">The problem type, or null.</param>
    public static void Create(
        string folder,
        string family,
        string head,
        IReadOnlyList<string>? labels = null,
        string? problem = null,
        ulong seed = 5
    )
    {
        ModelConfig config = TinyModels.Config(family).With("eos_token_id", 6);
        if (family is "roberta" or "xlm-roberta" or "camembert" or "gte")
            config = config.With("type_vocab_size", 2); // this tokenizer tells segments apart
        if (head == HeadKinds.SequenceToSequence)
            config = config.With("decoder_start_token_id", 0);
        if (labels is not null)
            config = config.WithLabels(labels);
        if (problem is not null)
            config = config.With("problem_type", problem);
        using (PretrainedModel model = PretrainedModel.Create(config, head, seed))
            model.Save(folder);
        bool wraps = head is not (HeadKinds.CausalLm or HeadKinds.SequenceToSequence);
        WriteTokenizer(folder, wraps, endsSources: head == HeadKinds.SequenceToSequence);
    }

    private static void WriteTokenizer(string folder, bool wraps, bool endsSources)
    {
        JsonObject vocabulary = [];
        foreach (string token in (string[])[.. s_special, .. s_words]) vocabulary[token] = vocabulary.Count;
        JsonObject tokenizer = new()
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([
                .. s_special.Select(
                    (token, id) =>
                        (JsonNode?)
                            new JsonObject
                            {
                                ["id"] = id,
                                ["content"] = token,
                                ["single_word"] = false,
                                ["lstrip"] = false,
                                ["rstrip"] = false,
                                ["normalized"] = false,
                                ["special"] = true,
                            }
                ),
            ]),
            ["normalizer"] = new JsonObject
            {
                ["type"] = "BertNormalizer",
                ["clean_text"] = true,
                ["handle_chinese_chars"] = true,
                ["strip_accents"] = null,
                ["lowercase"] = true,
            },
            ["pre_tokenizer"] = new JsonObject { ["type"] = "BertPreTokenizer" },
            ["post_processor"] =
                wraps ? Template("[CLS]", "[SEP]")
                : endsSources ? Template(null, "</s>")
                : null,
            ["decoder"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["prefix"] = "##",
                ["cleanup"] = false,
            },
            ["model"] = new JsonObject
            {
                ["type"] = "WordPiece",
                ["unk_token"] = "[UNK]",
                ["continuing_subword_prefix"] = "##",
                ["max_input_chars_per_word"] = 100,
                ["vocab"] = vocabulary,
            },
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), tokenizer.ToJsonString());
        JsonObject names = new()
        {
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["pad_token"] = "[PAD]",
            ["unk_token"] = "[UNK]",
            ["cls_token"] = "[CLS]",
            ["sep_token"] = "[SEP]",
            ["mask_token"] = "[MASK]",
            ["eos_token"] = "</s>",
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), names.ToJsonString());
    }

    private static JsonObject Template(string? begin, string end)
    {
        static JsonObject Special(string token, int type) =>
            new()
            {
                ["SpecialToken"] = new JsonObject { ["id"] = token, ["type_id"] = type },
            };
        static JsonObject Text(string which, int type) =>
            new()
            {
                ["Sequence"] = new JsonObject { ["id"] = which, ["type_id"] = type },
            };

        JsonArray single = begin is null ? [] : [Special(begin, 0)], pair = begin is null ? [] : [Special(begin, 0)];
        single.Add(Text("A", 0));
        single.Add(Special(end, 0));
        foreach (JsonNode part in (JsonNode[])[Text("A", 0), Special(end, 0), Text("B", 1), Special(end, 1)]) pair.Add(part);
        JsonObject tokens = [];
        foreach (string token in new[] { begin, end }.OfType<string>())
            tokens[token] = new JsonObject
            {
                ["id"] = token,
                ["ids"] = new JsonArray(Array.IndexOf(s_special, token)),
                ["tokens"] = new JsonArray(token),
            };
        return new JsonObject
        {
            ["type"] = "TemplateProcessing",
            ["single"] = single,
            ["pair"] = pair,
            ["special_tokens"] = tokens,
        };
    }
}
