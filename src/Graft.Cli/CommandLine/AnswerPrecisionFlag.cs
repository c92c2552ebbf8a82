using System.CommandLine;
using Graft.Torch.Compute;

namespace Graft.Cli;

/// <summary><c>--precision</c> of the commands that ask a model.</summary>
internal sealed class AnswerPrecisionFlag
{
    private readonly Option<string?> _precision = CommonFlags.Precision.Optional<string?>(
        "fp32, bf16 or int8, where the processor is faster with it; as the model's folder says otherwise, which is fp32 for all but "
            + "those of graft export --all",
        "fp32|bf16|int8");

    /// <summary>Adds it to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_precision);

    /// <summary>How answers are computed; null where the flag is not given.</summary>
    /// <exception cref="InputException">There is no such precision, or this processor gains nothing by it.</exception>
    public IComputeOptions? Of(ParseResult parsed) =>
        parsed.GetValue(_precision) is string name
            ? ComputeContext.Current with
            {
                Precision = Precisions.ParseForAnswers(name),
            }
            : null;
}
