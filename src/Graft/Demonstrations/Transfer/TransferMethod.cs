namespace Graft.Demonstrations.Transfer;

/// <summary>A way to learn from labels, from the least help to the most.</summary>
/// <param name="Key">On the command line and in JSON.</param>
/// <param name="Name">In tables and plots.</param>
/// <param name="What">What it is, in one line.</param>
/// <param name="IsTrained">Whether gradient descent trains it: it then has a tuned rate and several seeds.</param>
public sealed record TransferMethod(string Key, string Name, string What, bool IsTrained = false)
{
    /// <summary>No network at all: naive Bayes on words and pairs of words; each word's most frequent tag.</summary>
    public static TransferMethod Counts { get; } =
        new("counts", "word counts", "naive Bayes on words and pairs of words (tags: each word's most frequent one); no network");

    /// <summary>The same network from randomly initialised weights.</summary>
    public static TransferMethod Scratch { get; } =
        new("scratch", "scratch", "the same network with randomly initialised weights, all of it trained", IsTrained: true);

    /// <summary>The table of word vectors alone.</summary>
    public static TransferMethod Static { get; } =
        new("static", "static", "the model's own word vectors, averaged, without its layers; a convex classifier on top");

    /// <summary>The network as it is.</summary>
    public static TransferMethod Frozen { get; } =
        new("frozen", "frozen", "the last layer's states (texts: their mean), nothing of the network trained; a convex classifier on top");

    /// <summary>Everything trained from the pre-trained weights.</summary>
    public static TransferMethod Full { get; } = new("full", "fine-tuned", "the pre-trained network, all of it trained", IsTrained: true);

    /// <summary>All, in the order of the tables.</summary>
    public static IReadOnlyList<TransferMethod> All { get; } = [Counts, Scratch, Static, Frozen, Full];

    /// <summary>Reads <c>counts,frozen,full</c>.</summary>
    /// <exception cref="InputException">A part is no method.</exception>
    public static IReadOnlyList<TransferMethod> ParseList(string text) =>
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(part =>
                    All.FirstOrDefault(method => method.Key == part)
                    ?? throw new InputException(
                        $"`methods`: \"{part}\" is not known; {string.Join(", ", All.Select(method => method.Key))} are"
                    )
                )
                .Distinct(),
        ];
}
