using Graft.Data;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;

namespace Graft.Tasks.LanguageModeling;

/// <content>Examples → features.</content>
public sealed partial record CausalLanguageModeling
{
    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TextData texts = (TextData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0;
        for (int example = 0; example < texts.Count; example++)
        {
            LabelledText row = texts.Rows[example];
            int[] ids = tokenizer.EncodeIds(row.Text);
            if (row.Labels.Count == 0)
            {
                features.Add(new Feature { Example = example, Ids = ids.Length > 0 ? ids : [tokenizer.EosId ?? 0], TypeIds = [] });
                continue;
            }

            if (tokenizer.EosId is int end) ids = [.. ids, end];
            tokens += ids.Length;
            if (ids.Length > options.MaxLength) longExamples++;
            beyond += Math.Max(0, ids.Length - options.MaxLength);
            features.AddRange(Windows(ids, example, options));
        }

        return new EncodedData(features, longExamples, beyond, tokens) { Tokenizer = tokenizer };
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) =>
        (feature.Target as TokensTarget)?.Classes.Skip(1).Count(label => label != TokensTarget.NotLearned) ?? 0;

    /// <summary>Windows in which the overlap is read and not counted again.</summary>
    /// <example>ids 1 2 3 4 5 6, length 4, overlap 2 → 1 2 3 4, then 3 4 5 6 of which 5 and 6 count</example>
    private static IEnumerable<Feature> Windows(int[] ids, int example, EncodingOptions options)
    {
        int overlap = Math.Max(1, options.Stride ?? options.MaxLength / 4), start = 0;
        while (true)
        {
            int end = Math.Min(ids.Length, start + options.MaxLength);
            int[] window = ids[start..end];
            long[] targets = [.. window.Select((id, i) => start > 0 && i < overlap ? TokensTarget.NotLearned : id)];
            yield return new Feature
            {
                Example = example,
                Ids = window,
                TypeIds = new int[window.Length],
                Target = new TokensTarget(targets),
            };
            if (end == ids.Length || options.Truncate)
                yield break;
            start = end - overlap;
        }
    }
}
