using System.Numerics.Tensors;
using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;

namespace Graft.Tasks.TokenClassification;

/// <content>Raw scores → predictions.</content>
public sealed partial record TokenClassification
{
    /// <inheritdoc/>
    public override IReadOnlyList<Prediction> Decode(TaskData data, EncodedData encoded, IReadOnlyList<FeatureScores> scores)
    {
        TokenData sentences = (TokenData)data;
        (int Feature, int Token, int Context)[][] deciding = DecidingTokens(sentences, encoded);
        return
        [
            .. sentences.Sequences.Select(
                (sentence, example) =>
                {
                    TagsPrediction tags = Decode(sentence, deciding[example], scores);
                    if (Aggregation is not TokenAggregation aggregation || sentence.Text is null)
                        return tags;
                    return tags with
                    {
                        Entities = TokenEntities.Of(
                            sentence.Text,
                            Labels,
                            aggregation,
                            TokensOfText.Deciding(encoded.Features, example, scores)
                        ),
                    };
                }
            ),
        ];
    }

    /// <summary>The scores of each word of each sentence; null of a word that no token stands for.</summary>
    internal double[]?[][] WordLogits(TokenData sentences, EncodedData encoded, IReadOnlyList<FeatureScores> scores) =>
        [
            .. DecidingTokens(sentences, encoded).Select(words =>
                words.Select(word => word.Feature < 0 ? null : LogitsOf(scores[word.Feature].Row(word.Token))).ToArray()
            ),
        ];

    private static double[] LogitsOf(ReadOnlySpan<float> row)
    {
        double[] logits = new double[row.Length];
        TensorPrimitives.ConvertChecked(row, logits);
        return logits;
    }

    /// <summary>For each word the token that decides it: its first one, in the window where it stands farthest from the edges.</summary>
    private static (int Feature, int Token, int Context)[][] DecidingTokens(TokenData sentences, EncodedData encoded)
    {
        (int Feature, int Token, int Context)[][] deciding =
        [
            .. sentences.Sequences.Select(sentence => Enumerable.Repeat((-1, -1, -1), sentence.Words.Count).ToArray()),
        ];
        for (int f = 0; f < encoded.Features.Count; f++)
        {
            WordsFeature feature = (WordsFeature)encoded.Features[f];
            for (int token = 0; token < feature.Ids.Length; token++)
            {
                int word = feature.FirstOfWord[token];
                if (word < 0) continue;
                int context = Math.Min(token, feature.Ids.Length - 1 - token);
                ref (int, int, int Context) best = ref deciding[feature.Example][word];
                if (context > best.Context) best = (f, token, context);
            }
        }

        return deciding;
    }

    private TagsPrediction Decode(
        TokenSequence sentence,
        (int Feature, int Token, int Context)[] deciding,
        IReadOnlyList<FeatureScores> scores
    )
    {
        string[] tags = new string[sentence.Words.Count];
        double[] probabilities = new double[tags.Length];
        double[] softmax = new double[Labels.Count];
        for (int word = 0; word < tags.Length; word++)
        {
            if (deciding[word].Feature < 0)
            {
                // A character that the token before it covers, or a word without any token, such as a lone control character.
                bool isCovered = IsPublished && word > 0 && sentence.Joined.Count > word && sentence.Joined[word - 1];
                tags[word] = isCovered ? Continued(tags[word - 1]) : Labels.Contains(Outside, StringComparer.Ordinal) ? Outside : Labels[0];
                if (isCovered) probabilities[word] = probabilities[word - 1];
                continue;
            }

            double[] logits = [.. scores[deciding[word].Feature].Row(deciding[word].Token).ToArray().Select(logit => (double)logit)];
            TensorPrimitives.SoftMax<double>(logits, softmax);
            int best = TensorPrimitives.IndexOfMax<double>(logits);
            (tags[word], probabilities[word]) = (Labels[best], softmax[best]);
        }

        (string text, int[] starts) = sentence.Layout();
        Entity[] entities = [.. SpansOf(tags).Select(entity =>
        {
            (int from, int to) = (starts[entity.Start], starts[entity.End - 1] + sentence.Words[entity.End - 1].Length);
            return new Entity(entity.Type, text[from..to], from, to, probabilities[entity.Start..entity.End].Average());
        })];
        return new TagsPrediction(sentence.Words, tags, probabilities, text, entities);
    }

    // Labels without B- and I- mark entities where there is an O: neighbours with one label are one.
    private IEnumerable<EntitySpan> SpansOf(string[] tags)
    {
        if (Scheme != TagScheme.None) return TagSchemes.Entities(tags, Scheme);
        if (!Labels.Contains(Outside, StringComparer.Ordinal)) return [];
        List<EntitySpan> spans = [];
        for (int start = 0, end; start < tags.Length; start = end)
        {
            for (end = start + 1; end < tags.Length && tags[end] == tags[start];) end++;
            if (tags[start] != Outside) spans.Add(new EntitySpan(tags[start], start, end));
        }

        return spans;
    }

    private static string Continued(string tag) => tag.StartsWith("B-", StringComparison.Ordinal) ? Inside(tag) : tag;
}
