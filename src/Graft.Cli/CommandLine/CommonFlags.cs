using System.CommandLine;

namespace Graft.Cli;

/// <summary>
/// Flags that mean the same on every command that has them. A flag of one command, or of one set of flags that commands share
/// (<see cref="TrainingFlags"/>, <see cref="ReadingFlags"/> …), is declared there.
/// </summary>
internal static class CommonFlags
{
    public static readonly Flag BatchSize = new("--batch-size", "How many texts make a batch");
    public static readonly Flag Epochs = new("--epochs", "How many times to go over the data");
    public static readonly Flag Evaluation = new("--eval", "Labelled data that is held out from training", "FILE");
    public static readonly Flag Format = new("--format", "The format of files", "FORMAT");
    public static readonly Flag InitFrom = new("--init-from", "The model to continue from", "DIR|ID");
    public static readonly Flag Input = new("--input", "What is read", "FILE");
    public static readonly Flag LearningRates = new("--learning-rates", "The learning rates to try, separated by commas", "RATES");
    public static readonly Flag MaskShare = new("--mask-share", "The share of tokens that are masked");
    public static readonly Flag MaxLength = new("--max-length", "The most tokens of a text, special tokens included", "N");
    public static readonly Flag MaxNewTokens = new("--max-new-tokens", "The most tokens of a generated text");
    public static readonly Flag Model = new("--model", "The model", "DIR|ID");
    public static readonly Flag NumBeams = new("--num-beams", "How many beams the search for a text has, 1 for none");
    public static readonly Flag Offsets = new("--offsets", "What positions in a text count", "UNIT");
    public static readonly Flag Output = new("--output", "Where the result is written", "PATH");
    public static readonly Flag Overwrite = new("--overwrite", "Replace what is in --output already");
    public static readonly Flag Pair = new("--pair", "The second text of a pair");
    public static readonly Flag Pairs = new("--pairs", "Texts come in pairs");
    public static readonly Flag Pooling = new("--pooling", "How token vectors become one vector");
    public static readonly Flag Port = new("--port", "The port to listen on, 0 for a free one");
    public static readonly Flag Precision = new("--precision", "The precision to compute or to write weights in");
    public static readonly Flag Resume = new("--resume", "Continue an interrupted run in --output, or start where there is none");
    public static readonly Flag Seed = new("--seed", "The seed of everything random");
    public static readonly Flag Seeds = new("--seeds", "How many runs to make, with seed, seed + 1 and so on");
    public static readonly Flag Statistics = new("--stats", "Print tokens a word and the like on stderr");
    public static readonly Flag Stride = new("--stride", "How many tokens neighbouring windows of a long text share");
    public static readonly Flag Temperature = new("--temperature", "What logits are divided by before softmax");
    public static readonly Flag Text = new("--text", "A text");
    public static readonly Flag TimeBudget = new("--time-budget", "How long to compute, as 90s, 20m or 8h", "TIME");
    public static readonly Flag Tokenizer = new("--tokenizer", "The tokenizer", "DIR|FILE");
    public static readonly Flag TopK = new("--top-k", "How many of the most probable tokens count");
    public static readonly Flag Train = new("--train", "Labelled training data", "FILE");
    public static readonly Flag Truncate = new("--truncate", "Cut long texts instead of reading them in windows");

    private static readonly Flag s_corpus = new("--corpus", "The text to learn from", "PATH[@WEIGHT]");
    private static readonly Flag s_heldOut = new("--held-out", "The share of documents that is held out for evaluation");
    private static readonly Flag s_json = new("--json", "Print JSON");
    private static readonly Flag s_task = new("--task", "The task", "TASK");
    private static readonly Flag s_threads = new("--threads", "How many threads to compute with", "N");

    /// <summary><c>--json</c>: one document on stdout, for programs.</summary>
    public static Option<bool> Json(string here = "one document") => s_json.Optional<bool>(here);

    /// <summary><c>--threads</c>; the results do not depend on it.</summary>
    public static Option<int?> Threads()
    {
        Option<int?> threads = s_threads.Optional<int?>("all cores otherwise");
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() < 1) result.AddError($"{threads.Name} must be 1 or more");
        });
        return threads;
    }

    /// <summary><c>--task</c> of a command that learns or labels.</summary>
    public static Option<string> Task(IEnumerable<string> names) => s_task.Required<string>(string.Join(", ", names));

    /// <summary><c>--task</c> of a command that asks a folder which may not name its task.</summary>
    public static Option<string?> TaskOfFolder() => s_task.Optional<string?>("as the model's folder says otherwise");

    /// <summary><c>--task</c> with a default.</summary>
    public static Option<string> TaskOrFirst(IReadOnlyList<string> names) => s_task.WithDefault(names[0], string.Join(", ", names));

    /// <summary><c>--corpus</c>, of the commands that learn from plain text.</summary>
    public static Option<string[]> Corpus(bool isRequired = true)
    {
        const string here = "a built corpus, or text files and folders";
        Option<string[]> corpus = isRequired
            ? s_corpus.Required<string[]>(here)
            : s_corpus.Optional<string[]>($"{here}; none otherwise (--student, --static)");
        corpus.AllowMultipleArgumentsPerToken = true;
        return corpus;
    }

    /// <summary><c>--held-out</c>, of the commands that learn from plain text.</summary>
    public static Option<double> HeldOut() => s_heldOut.WithDefault(0.02, "where text is given, not a built corpus");
}
