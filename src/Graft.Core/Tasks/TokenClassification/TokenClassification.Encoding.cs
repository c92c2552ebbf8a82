using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks.TokenClassification;

/// <content>Examples → features.</content>
public sealed partial record TokenClassification
{
    /// <inheritdoc/>
    public override double LossItems(Feature feature) =>
        (feature.Target as TokensTarget)?.Classes.Where(tag => tag != TokensTarget.NotLearned).Sum(Loss.WeightOf) ?? 0;

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TokenData sentences = (TokenData)data;
        Dictionary<string, int> ids = Labels
            .Select((label, id) => (label, id))
            .ToDictionary(pair => pair.label, pair => pair.id, StringComparer.Ordinal);
        List<Feature> features = [];
        Tokenizer? words = null;
        Func<int, string?>? marksSubwords = Aggregation is null ? null : TokensOfText.SubwordMarks(tokenizer);
        int longExamples = 0;
        long beyond = 0, tokens = 0, entities = 0, lostEntities = 0;
        for (int example = 0; example < sentences.Count; example++)
        {
            TokenSequence sentence = sentences.Sequences[example];
            int[]? tags =
                sentence.Tags.Count == 0
                    ? null
                    :
                    [
                        .. sentence.Tags.Select(tag =>
                            ids.TryGetValue(tag, out int id) ? id : throw Unknown(tag, sentences.PlaceOf(example))
                        ),
                    ];
            EncodeOptions limits = new()
            {
                MaxLength = options.MaxLength,
                Stride = options.Truncate ? 0 : options.Stride ?? options.MaxLength / 4,
            };
            bool stands = sentence.Text is not null && (IsPublished || Aggregation is not null);
            TokenizedText first = stands
                ? tokenizer.Encode(sentence.Text!, options: limits)
                : (words ??= IsPublished ? ForTraining(tokenizer) : tokenizer).EncodeWords(sentence.Words, options: limits);
            TokenizedText[] windows = options.Truncate ? [first] : [first, .. first.Overflow];
            if (stands) TokensOfText.NumberWords(windows, sentence);
            int start = 0;
            List<int> subwords = [];
            foreach (TokenizedText window in windows)
            {
                WordsFeature feature = FeatureOf(window, example, start, subwords, tags, ids);
                features.Add(
                    Aggregation is null || !stands
                        ? feature
                        : feature with
                        {
                            Offsets = window.Offsets,
                            Continues = TokensOfText.Continues(window, sentence.Text!, marksSubwords, tokenizer.UnknownId),
                        }
                );
                start += window.Length - tokenizer.SpecialTokenCount(isPair: false) - limits.Stride;
            }

            int whole =
                first.Overflow.Count == 0 ? first.Length
                : stands ? tokenizer.Encode(sentence.Text!).Length
                : words!.EncodeWords(sentence.Words).Length;
            tokens += whole;
            beyond += whole - first.Length;
            if (whole > first.Length) longExamples++;
            IReadOnlyList<EntitySpan> marked = MarksEntities ? TagSchemes.Entities(sentence.Tags, TagScheme.Iob2) : [];
            int kept = first.WordIds.Max() + 1; // words whose first sub-word is in the first window
            entities += marked.Count;
            lostEntities += marked.Count(entity => entity.End > kept);
        }

        return new EncodedData(features, longExamples, beyond, tokens)
        {
            Losses = entities > 0 ? [new BeyondLimit("entities", entities, lostEntities)] : [],
        };
    }

    /// <summary>A window: the tag of every sub-word, and which tokens begin a word.</summary>
    /// <param name="window">The encoding; word ids count from the sentence's start.</param>
    /// <param name="example">The sentence.</param>
    /// <param name="start">The place of the window's first sub-word among all of the sentence's.</param>
    /// <param name="subwords">The word of each sub-word of the windows before: a word may be cut between windows.</param>
    /// <param name="tags">The words' tags, or null.</param>
    /// <param name="ids">The number of each tag.</param>
    private WordsFeature FeatureOf(
        TokenizedText window,
        int example,
        int start,
        List<int> subwords,
        int[]? tags,
        Dictionary<string, int> ids
    )
    {
        long[]? targets = tags is null ? null : new long[window.Length];
        int[] firstOfWord = new int[window.Length];
        int before = start == 0 ? -1 : subwords[start - 1], place = start;
        for (int token = 0; token < window.Length; token++)
        {
            int word = window.WordIds[token];
            bool begins = word >= 0 && word != before;
            firstOfWord[token] = begins ? word : -1;
            if (targets is not null)
                targets[token] =
                    word < 0 ? TokensTarget.NotLearned
                    : begins ? tags![word]
                    : ContinuationOf(tags![word], ids);
            if (word < 0)
                continue;
            before = word;
            if (place++ == subwords.Count) subwords.Add(word);
        }

        return new WordsFeature
        {
            Example = example, Ids = window.Ids, TypeIds = window.TypeIds, FirstOfWord = firstOfWord,
            Target = targets is null ? null : new TokensTarget(targets),
        };
    }

    private int ContinuationOf(int tag, Dictionary<string, int> ids) =>
        Labels[tag].StartsWith("B-", StringComparison.Ordinal) && ids.TryGetValue(Inside(Labels[tag]), out int inside) ? inside : tag;

    private static string Inside(string begin) => string.Concat("I", begin.AsSpan(1));
}
