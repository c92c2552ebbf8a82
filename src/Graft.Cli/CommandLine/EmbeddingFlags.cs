using System.CommandLine;
using Graft.Heads;
using Graft.Inference;

namespace Graft.Cli;

/// <summary>
/// How texts become vectors, shared by <c>embed</c> and <c>similarity</c>; what is not given is read from the model's folder.
/// </summary>
internal sealed class EmbeddingFlags
{
    private readonly Option<string?> _pooling = new("--pooling")
    {
        Description =
            "mean, first, last, max, meansqrtlength or weightedmean: which token states make the vector; the model's own otherwise.",
    };
    private readonly Option<bool?> _normalize = new("--normalize")
    {
        Description = "true or false: bring vectors to length 1; the model's own otherwise.",
    };
    private readonly Option<string?> _prompt = new("--prompt")
    {
        Description = "A text to put before every text; the model's default prompt otherwise, \"\" for none.",
    };
    private readonly Option<string?> _promptName = new("--prompt-name")
    {
        Description = "The prompt of this name in the model's config_sentence_transformers.json.",
    };
    private readonly Option<int?> _maxLength = new("--max-length")
    {
        Description = "The most tokens of a text; the model's own otherwise.",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _pooling, _normalize, _prompt, _promptName, _maxLength }) command.Options.Add(option);
    }

    public EmbedderOptions Options(ParseResult parsed) => new()
    {
        Pooling = parsed.GetValue(_pooling) is not string name ? null
            : Enum.TryParse(name, ignoreCase: true, out EmbeddingPooling pooling) && Enum.IsDefined(pooling) ? pooling
            : throw new InputException($"--pooling {name}: mean, first, last, max, meansqrtlength or weightedmean is expected"),
        Normalize = parsed.GetValue(_normalize),
        Prompt = parsed.GetValue(_prompt),
        PromptName = parsed.GetValue(_promptName),
        MaxLength = parsed.GetValue(_maxLength),
    };
}
