namespace Graft.Evaluation;

/// <summary>How well a language model predicts text.</summary>
/// <param name="Loss">Mean negative log-likelihood in nats a token.</param>
/// <param name="Perplexity">exp(loss), over all tokens of a corpus: never the mean of batches' perplexities.</param>
/// <param name="BitsPerToken">loss / ln 2.</param>
/// <param name="BitsPerByte">Σ nll / ln 2 / bytes of the text in UTF-8: comparable between tokenizers.</param>
internal sealed record LanguageModelScores(double Loss, double Perplexity, double BitsPerToken, double BitsPerByte)
{
    /// <summary>From the sum of a corpus.</summary>
    /// <param name="negativeLogLikelihood">The sum over tokens, in nats.</param>
    /// <param name="tokens">The number of tokens predicted.</param>
    /// <param name="utf8Bytes">The size of the text they stand for.</param>
    public static LanguageModelScores Of(double negativeLogLikelihood, long tokens, long utf8Bytes)
    {
        double loss = negativeLogLikelihood / tokens;
        return new LanguageModelScores(loss, Math.Exp(loss), loss / Math.Log(2), negativeLogLikelihood / Math.Log(2) / utf8Bytes);
    }
}
