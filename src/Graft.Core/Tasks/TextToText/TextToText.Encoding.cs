using Graft.Data;
using Graft.Evaluation;
using Graft.Tasks.SequenceClassification;
using Graft.Tokenizers;

namespace Graft.Tasks.TextToText;

/// <content>Examples → features.</content>
public sealed partial record TextToText
{
    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TextData texts = (TextData)data;
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0, asked = 0, cut = 0;
        for (int example = 0; example < texts.Count; example++)
        {
            LabelledText row = texts.Rows[example];
            TokenizedText source = tokenizer.Encode(row.Text, row.Pair, new EncodeOptions { MaxLength = options.MaxLength });
            int whole = source.Overflow.Count == 0 ? source.Length : tokenizer.Encode(row.Text, row.Pair).Length;
            int[]? target = row.Label is string text ? Target(text, tokenizer) : null;
            if (target is not null)
            {
                asked += target.Length;
                cut += Math.Max(0, target.Length - Generation.MaxNewTokens);
            }

            if (whole > source.Length) longExamples++;
            beyond += whole - source.Length;
            tokens += whole;
            features.Add(
                new Feature
                {
                    Example = example,
                    Ids = source.Ids,
                    TypeIds = source.TypeIds,
                    Target = target is null
                        ? null
                        : new WrittenTarget(target.Length <= Generation.MaxNewTokens ? target : target[..Generation.MaxNewTokens]),
                }
            );
        }

        return new EncodedData(features, longExamples, beyond, tokens)
        {
            Losses = asked > 0 ? [new BeyondLimit("target tokens", asked, cut)] : [],
            Tokenizer = tokenizer,
            IsCut = true,
        };
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => (feature.Target as WrittenTarget)?.Ids.Length ?? 0;

    private static int[] Target(string text, Tokenizer tokenizer)
    {
        int[] ids = tokenizer.EncodeIds(text);
        return tokenizer.EosId is int end && (ids.Length == 0 || ids[^1] != end) ? [.. ids, end] : ids;
    }
}
