using System.CommandLine;
using Graft.Heads;
using Graft.Inference;

namespace Graft.Cli;

/// <summary>
/// How texts become vectors, shared by <c>embed</c> and <c>similarity</c>; what is not given is read from the model's folder.
/// </summary>
internal sealed class EmbeddingFlags
{
    private readonly Option<string?> _pooling = CommonFlags.Pooling.Optional<string?>(
        "mean, first, last, max, meansqrtlength or weightedmean; the model's own otherwise");
    private readonly Option<bool?> _normalize = new("--normalize")
    {
        Description = "Whether vectors are scaled to length 1, true or false; the model's own otherwise.",
    };
    private readonly Option<string?> _prompt = new("--prompt")
    {
        Description = "The text to put before every text, \"\" for none; the model's default prompt otherwise.",
    };
    private readonly Option<string?> _promptName = new("--prompt-name")
    {
        Description = "The name of a prompt in the model's config_sentence_transformers.json; its default prompt otherwise.",
    };
    private readonly Option<int?> _maxLength = CommonFlags.MaxLength.Optional<int?>("the model's own limit otherwise");

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
