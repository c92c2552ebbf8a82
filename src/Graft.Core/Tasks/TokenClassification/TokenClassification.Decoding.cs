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
        (int Feature, int Token, int Context)[][] deciding = [.. sentences.Sequences.Select(sentence => Enumerable.Repeat((-1, -1, -1), sentence.Words.Count).ToArray())];
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

        return [.. sentences.Sequences.Select((sentence, example) => Decode(sentence, deciding[example], scores))];
    }

    private TagsPrediction Decode(TokenSequence sentence, (int Feature, int Token, int Context)[] deciding, IReadOnlyList<FeatureScores> scores)
    {
        string[] tags = new string[sentence.Words.Count];
        double[] probabilities = new double[tags.Length];
        double[] softmax = new double[Labels.Count];
        for (int word = 0; word < tags.Length; word++)
        {
            if (deciding[word].Feature < 0)
            {
                tags[word] = Labels.Contains("O", StringComparer.Ordinal) ? "O" : Labels[0]; // a word without any token, such as a lone control character
                continue;
            }

            double[] logits = [.. scores[deciding[word].Feature].Row(deciding[word].Token).ToArray().Select(logit => (double)logit)];
            TensorPrimitives.SoftMax<double>(logits, softmax);
            int best = TensorPrimitives.IndexOfMax<double>(logits);
            (tags[word], probabilities[word]) = (Labels[best], softmax[best]);
        }

        (string text, int[] starts) = sentence.Layout();
        Entity[] entities = !MarksEntities
            ? []
            : [.. TagSchemes.Entities(tags, TagScheme.Iob2).Select(entity =>
            {
                (int from, int to) = (starts[entity.Start], starts[entity.End - 1] + sentence.Words[entity.End - 1].Length);
                return new Entity(entity.Type, text[from..to], from, to, probabilities[entity.Start..entity.End].Average());
            })];
        return new TagsPrediction(sentence.Words, tags, probabilities, text, entities);
    }
}
