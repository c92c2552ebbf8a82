namespace Graft.Generation;

/// <summary>Chooses the search that the options ask for and runs it over a batch of prompts.</summary>
internal static class Generator
{
    /// <summary>Generates tokens for each prompt.</summary>
    /// <param name="state">The model at its prompts, one row a prompt; consumed.</param>
    /// <param name="prompts">Each row's prompt as the model read it, left padding included (for an encoder-decoder: its start
    /// token).</param>
    /// <param name="options">How to search.</param>
    /// <param name="stop">Further reasons to end a text, asked after each token with the row and its new tokens; for stop strings.</param>
    /// <param name="onToken">Told each token as it is chosen, with its row: streaming. Not called by beam search, whose texts are known
    /// only at the end.</param>
    /// <param name="cancellationToken">Stops between two tokens.</param>
    /// <returns>For each prompt <see cref="GenerationOptions.NumReturnSequences"/> texts, best first.</returns>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public static GeneratedTokens[][] Generate(
        IDecodingState state,
        IReadOnlyList<int[]> prompts,
        GenerationOptions options,
        Func<int, IReadOnlyList<int>, bool>? stop = null,
        Action<int, int>? onToken = null,
        CancellationToken cancellationToken = default)
    {
        options.Validate();
        options.ValidateIds(state.VocabularySize);
        if (state.Rows != prompts.Count) throw new ArgumentException($"{prompts.Count} prompts for {state.Rows} rows", nameof(prompts));
        if (options.NumBeams > 1) return BeamSearch.Run(state, prompts, options, stop, cancellationToken);
        return [.. TokenSearch.Run(state, prompts, options, stop, onToken, cancellationToken).Select(text => new[] { text })];
    }
}
