using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks.Embedding;

/// <content>Examples → features.</content>
internal sealed partial record SentenceEmbedding
{
    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        EmbeddingData texts = (EmbeddingData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0,
            tokens = 0;
        EncodeOptions limits = new()
        {
            MaxLength = options.MaxLength,
            Stride = options.Truncate ? 0 : options.Stride ?? options.MaxLength / 4,
        };
        for (int example = 0; example < texts.Count; example++)
        {
            List<TokenizedText> windows = [];
            List<int> counts = [];
            bool isLong = false;
            foreach (string part in texts.PartsOf(example))
            {
                TokenizedText first = tokenizer.Encode(part, null, limits);
                int whole = first.Overflow.Count == 0 ? first.Length : tokenizer.Encode(part).Length;
                windows.AddRange(options.Truncate ? [first] : [first, .. first.Overflow]);
                counts.Add(options.Truncate ? 1 : 1 + first.Overflow.Count);
                isLong |= whole > first.Length;
                beyond += whole - first.Length;
                tokens += whole;
            }

            if (isLong) longExamples++;
            features.Add(new PartsFeature
            {
                Example = example,
                Ids = [.. windows.SelectMany(window => window.Ids)],
                TypeIds = [.. windows.SelectMany(window => window.TypeIds)],
                Lengths = [.. windows.Select(window => window.Length)],
                Windows = [.. counts],
                Target = texts.Kind == EmbeddingRows.Scored ? new NumberTarget((float)texts.ScoreOf(example)) : null,
            });
        }

        return new EncodedData(features, longExamples, beyond, tokens);
    }
}
