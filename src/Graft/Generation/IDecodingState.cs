namespace Graft.Generation;

/// <summary>
/// A language model in the middle of writing: it has read the prompts (and, for an encoder-decoder, encoded the sources) and keeps what it
/// computed, so that each further token costs one step. Searches know nothing else of a model.
/// </summary>
internal interface IDecodingState : IDisposable
{
    /// <summary>Number of texts that are being written side by side.</summary>
    int Rows { get; }

    /// <summary>V: the number of scores a row.</summary>
    int VocabularySize { get; }

    /// <summary>
    /// The number of padding tokens before a row's prompt: the repetition penalty does not count them as written. Asked before
    /// <see cref="Start"/>.
    /// </summary>
    int LeftPadding(int row) => 0;

    /// <summary>The scores of the first new token, from the prompts alone; called once, before anything else.</summary>
    /// <param name="logits">[rows, V], written.</param>
    void Start(Span<float> logits);

    /// <summary>Appends one token to each row and computes the scores of the next.</summary>
    /// <param name="tokens">[rows]</param>
    /// <param name="logits">[rows, V], written.</param>
    void Append(ReadOnlySpan<int> tokens, Span<float> logits);

    /// <summary>
    /// Row i becomes a copy of what row <paramref name="sources"/>[i] was; the number of rows becomes that of <paramref name="sources"/>.
    /// Beam search spreads each prompt over its beams this way and follows the best beams at every step.
    /// </summary>
    void Select(ReadOnlySpan<int> sources);
}
