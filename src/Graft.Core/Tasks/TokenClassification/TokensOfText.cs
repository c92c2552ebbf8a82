using Graft.Data;
using Graft.Tokenizers;

namespace Graft.Tasks.TokenClassification;

/// <summary>A token of a text with the scores of its labels.</summary>
/// <param name="Start">Where it begins, in UTF-16 units.</param>
/// <param name="End">Where it ends.</param>
/// <param name="Continues">Whether it goes on with the word of the token before it.</param>
/// <param name="Probabilities">One a label.</param>
internal sealed record ScoredToken(int Start, int End, bool Continues, double[] Probabilities);

/// <summary>The tokens of a text that is read as it stands, and the words they are of.</summary>
internal static class TokensOfText
{
    private const string Continuation = "##";

    /// <summary>Numbers the tokens by the sentence's own words: each token belongs to the word in which it begins.</summary>
    /// <param name="windows">Encodings of the text; their word ids are overwritten.</param>
    /// <param name="sentence">The text with its words.</param>
    public static void NumberWords(IEnumerable<TokenizedText> windows, TokenSequence sentence)
    {
        (string text, int[] starts) = sentence.Layout();
        foreach (TokenizedText window in windows)
        {
            for (int token = 0; token < window.Length; token++)
            {
                if (window.WordIds[token] < 0) continue;
                int from = window.Offsets[token].Start, to = window.Offsets[token].End;
                while (from < to && char.IsWhiteSpace(text[from])) from++; // byte-level tokens may have the space before them
                int word = Array.BinarySearch(starts, from);
                if (word < 0) word = ~word - 1;
                window.WordIds[token] = from < to && word >= 0 && from < starts[word] + sentence.Words[word].Length ? word : -1;
            }
        }
    }

    /// <summary>The text of a token, by which pieces that continue a word are told; null where the tokenizer does not mark them.</summary>
    public static Func<int, string?>? SubwordMarks(Tokenizer tokenizer) =>
        Enumerable.Range(0, tokenizer.IdEnd).Any(id => tokenizer.IdToToken(id)?.StartsWith(Continuation, StringComparison.Ordinal) == true)
            ? tokenizer.IdToToken
            : null;

    /// <summary>
    /// Which tokens continue a word, as the reference tells it: by the mark where the tokenizer has one, else by the space that is missing
    /// before them.
    /// </summary>
    public static bool[] Continues(TokenizedText window, string text, Func<int, string?>? marks, int? unknown) =>
        [
            .. Enumerable
                .Range(0, window.Length)
                .Select(token =>
                {
                    if (window.SpecialTokensMask[token] != 0 || window.Ids[token] == unknown)
                        return false;
                    (int start, int end) = (window.Offsets[token].Start, window.Offsets[token].End);
                    if (marks is not null)
                        return marks(window.Ids[token])!.Length != end - start;
                    return start > 0 && !text.AsSpan(start - 1, Math.Min(2, text.Length - start + 1)).Contains(' ');
                }),
        ];

    /// <summary>The tokens of an example in the order of its text, each from the window in which it has most context.</summary>
    public static IReadOnlyList<ScoredToken> Deciding(IReadOnlyList<Feature> features, int example, IReadOnlyList<FeatureScores> scores)
    {
        SortedDictionary<(int Start, int End), (int Feature, int Token, int Context)> best = [];
        for (int f = 0; f < features.Count; f++)
        {
            if (features[f] is not WordsFeature { Continues: not null } feature || feature.Example != example) continue;
            for (int token = 0; token < feature.Ids.Length; token++)
            {
                TextRange place = feature.Offsets![token];
                if (place.End <= place.Start) continue; // special tokens stand for no text
                int context = Math.Min(token, feature.Ids.Length - 1 - token);
                if (!best.TryGetValue((place.Start, place.End), out (int, int, int Context) known) || context > known.Context)
                    best[(place.Start, place.End)] = (f, token, context);
            }
        }

        return
        [
            .. best.Select(pair => new ScoredToken(
                pair.Key.Start,
                pair.Key.End,
                ((WordsFeature)features[pair.Value.Feature]).Continues![pair.Value.Token],
                SoftMax(scores[pair.Value.Feature].Row(pair.Value.Token))
            )),
        ];
    }

    private static double[] SoftMax(ReadOnlySpan<float> logits)
    {
        double[] values = new double[logits.Length];
        for (int i = 0; i < values.Length; i++) values[i] = logits[i];
        System.Numerics.Tensors.TensorPrimitives.SoftMax<double>(values, values);
        return values;
    }
}
