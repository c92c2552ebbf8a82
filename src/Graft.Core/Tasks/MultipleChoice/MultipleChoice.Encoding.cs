using Graft.Data;
using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks.MultipleChoice;

/// <content>Examples → features.</content>
public sealed partial record MultipleChoice
{
    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        ChoiceData examples = (ChoiceData)data;
        List<Feature> features = [];
        int longExamples = 0, choices = examples.Examples[0].Choices.Count;
        long beyond = 0, tokens = 0;
        for (int i = 0; i < examples.Count; i++)
        {
            MultipleChoiceExample example = examples.Examples[i];
            if (example.Choices.Count != choices)
                throw new InputException(
                    $"{examples.PlaceOf(i)}: {example.Choices.Count} choices where the first example has {choices}; every example of a "
                        + $"file needs as many"
                );
            List<TokenizedText> windows = [];
            List<int> counts = [];
            int longest = 0;
            foreach (string choice in example.Choices)
            {
                IReadOnlyList<TokenizedText> ofChoice = PairWindows.Of(
                    tokenizer,
                    example.Prompt,
                    example.Question.Length == 0 ? choice : $"{example.Question} {choice}",
                    options,
                    out int whole
                );
                windows.AddRange(ofChoice);
                counts.Add(ofChoice.Count);
                tokens += whole;
                beyond += Math.Max(0, whole - options.MaxLength);
                longest = Math.Max(longest, whole);
            }

            if (longest > options.MaxLength) longExamples++;
            features.Add(new PartsFeature
            {
                Example = i,
                Ids = [.. windows.SelectMany(window => window.Ids)],
                TypeIds = [.. windows.SelectMany(window => window.TypeIds)],
                Lengths = [.. windows.Select(window => window.Length)],
                Windows = [.. counts],
                Target = example.Label < 0 ? null : new ClassTarget(example.Label),
            });
        }

        return new EncodedData(features, longExamples, beyond, tokens);
    }
}
