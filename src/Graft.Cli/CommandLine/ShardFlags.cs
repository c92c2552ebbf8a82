using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Inference;

namespace Graft.Cli;

/// <summary>
/// One of many processes that answer one input, each a part of it: <c>--shard 3/64</c>, or <c>--shards 64</c> where a scheduler says which.
/// </summary>
internal sealed class ShardFlags
{
    // Decide no answer, or are known otherwise.
    private static readonly string[] s_places = ["--input", "--output", "--shard", "--shards", "--model", "--json", "--config"];

    private readonly Option<string?> _shard = new("--shard")
    {
        Description =
            "The part of the input that is answered, counted from 0, as 3/64; auto where a scheduler says both numbers; all of it "
                + "otherwise. --output is then a folder of parts, and finished ones are skipped (join them with graft merge-parts).",
        HelpName = "I/N",
    };

    private readonly Option<int?> _shards = new("--shards")
    {
        Description =
            "How many parts there are, where a scheduler says which one to answer (JOB_COMPLETION_INDEX, SLURM_ARRAY_TASK_ID, RANK); "
                + "one otherwise.",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_shard);
        command.Options.Add(_shards);
    }

    /// <summary>The part that is asked for; null for the whole.</summary>
    /// <exception cref="InputException">The flags say no part, or the input or output cannot be cut.</exception>
    public InputShard? Of(ParseResult parsed, string? input, string? output)
    {
        (string? shard, int? shards) = (parsed.GetValue(_shard), parsed.GetValue(_shards));
        if (shard is null && shards is null) return null;
        if (shard is not (null or "auto") && shards is not null) throw new InputException("give either --shard or --shards");
        if (input is null or "-") throw new InputException("--shard: only files are cut into parts; name them with --input");
        if (output is null) throw new InputException("--shard: --output names the folder that the parts go to");
        return shard is null or "auto" ? InputShard.OfScheduler(shards, Environment.GetEnvironmentVariable) : InputShard.Parse(shard);
    }

    /// <summary>Answers the part, unless it is there already.</summary>
    /// <param name="parsed">The flags; whatever they say of the answers must be the same for all parts.</param>
    /// <param name="shard">The part.</param>
    /// <param name="model">The model's folder.</param>
    /// <param name="input">What is answered.</param>
    /// <param name="output">The folder of parts.</param>
    /// <param name="lines">Opens the model and answers.</param>
    public static void Write(
        ParseResult parsed,
        InputShard shard,
        string model,
        string input,
        string output,
        Func<IEnumerable<PartLine>> lines
    )
    {
        Command command = parsed.CommandResult.Command;
        Dictionary<string, string> options = new(StringComparer.Ordinal);
        foreach (Option option in command.Options.Where(option => !s_places.Contains(option.Name, StringComparer.Ordinal)))
        {
            if (parsed.GetResult(option) is OptionResult { Implicit: false } given)
                options[option.Name[2..]] = string.Join(' ', given.Tokens.Select(token => token.Value));
        }

        InferenceParts parts = new(output, new InferenceWork(command.Name, model, input, options, shard));
        if (parts.IsFinished())
        {
            Terminal.Log($"shard {shard} is finished: {output}");
            return;
        }

        JsonObject summary = parts.Write(lines());
        Terminal.Log(
            string.Create(
                CultureInfo.InvariantCulture,
                $"shard {shard}: {(long)summary["rows"]!:N0} rows, {(long)summary["bad"]!:N0} without an answer: "
                    + $"{Path.Combine(output, (string)summary["part"]!["file"]!)}"
            )
        );
    }
}
