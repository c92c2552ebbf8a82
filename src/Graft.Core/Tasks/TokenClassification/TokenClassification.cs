using System.Numerics.Tensors;
using Graft.Backbones;
using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;
using Graft.Reports;
using Graft.Reports.Sections;
using Graft.Tokenizers;

namespace Graft.Tasks.TokenClassification;

/// <summary>
/// A tag for every word (Devlin et al. 2019, §5.3): in training every sub-word carries the word's tag (B-X on its first, I-X on the rest), in
/// evaluation the first sub-word decides. Long sentences are read in overlapping windows; a word is decided where it has most context.
/// </summary>
public sealed record TokenClassification : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "token-classification";

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.TokenClassification;

    /// <inheritdoc/>
    public override string MainMetric => MarksEntities ? "entity_f1" : "accuracy";

    private bool MarksEntities => Labels.Any(label => label.StartsWith("B-", StringComparison.Ordinal) || label.StartsWith("I-", StringComparison.Ordinal));

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        SortedSet<string> labels = new(((TokenData)train).Sequences.SelectMany(sequence => sequence.Tags), StringComparer.Ordinal);
        labels.UnionWith(labels.Where(label => label.StartsWith("B-", StringComparison.Ordinal)).Select(Inside).ToArray()); // for the rest of a cut word
        return labels.Count >= 2 ? WithLabels([.. labels]) : throw new InputException($"{train.Path}: every word has the same tag; there is nothing to tell apart");
    }

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled) => TokenData.Read(path, columns, labelled);

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(TokenData.Stream, path, columns, examples, onBadRow, (sentences, read) => new TokenData(path, sentences, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new TokenData("text", [.. texts.Select((text, i) => WordSplitter.Split(text.Text) with { Line = i + 1, Row = i + 1 })], []);

    /// <inheritdoc/>
    public override double CreditOf(TaskData data, int example, Prediction prediction)
    {
        IReadOnlyList<string> truth = ((TokenData)data).Sequences[example].Tags, tags = ((TagsPrediction)prediction).Tags;
        return truth.Count == 0 ? 1 : truth.Zip(tags, (expected, found) => expected == found ? 1.0 : 0.0).Average();
    }

    /// <inheritdoc/>
    public override double LossItems(Feature feature) => (feature.Target as TokensTarget)?.Classes.Where(tag => tag != TokensTarget.NotLearned).Sum(Loss.WeightOf) ?? 0;

    /// <inheritdoc/>
    public override EncodedData Encode(TaskData data, Tokenizer tokenizer, EncodingOptions options)
    {
        options.Validate();
        TokenData sentences = (TokenData)data;
        Dictionary<string, int> ids = Labels.Select((label, id) => (label, id)).ToDictionary(pair => pair.label, pair => pair.id, StringComparer.Ordinal);
        List<Feature> features = [];
        int longExamples = 0;
        long beyond = 0, tokens = 0, entities = 0, lostEntities = 0;
        for (int example = 0; example < sentences.Count; example++)
        {
            TokenSequence sentence = sentences.Sequences[example];
            int[]? tags = sentence.Tags.Count == 0 ? null : [.. sentence.Tags.Select(tag => ids.TryGetValue(tag, out int id) ? id : throw Unknown(tag, sentences.PlaceOf(example)))];
            EncodeOptions limits = new() { MaxLength = options.MaxLength, Stride = options.Truncate ? 0 : options.Stride ?? options.MaxLength / 4 };
            TokenizedText first = tokenizer.EncodeWords(sentence.Words, options: limits);
            TokenizedText[] windows = options.Truncate ? [first] : [first, .. first.Overflow];
            int start = 0;
            List<int> subwords = [];
            foreach (TokenizedText window in windows)
            {
                features.Add(FeatureOf(window, example, start, subwords, tags, ids));
                start += window.Length - tokenizer.SpecialTokenCount(isPair: false) - limits.Stride;
            }

            int whole = first.Overflow.Count == 0 ? first.Length : tokenizer.EncodeWords(sentence.Words).Length;
            tokens += whole;
            beyond += whole - first.Length;
            if (whole > first.Length) longExamples++;
            IReadOnlyList<EntitySpan> marked = MarksEntities ? TagSchemes.Entities(sentence.Tags, TagScheme.Iob2) : [];
            int kept = first.WordIds.Max() + 1; // words whose first sub-word is in the first window
            entities += marked.Count;
            lostEntities += marked.Count(entity => entity.End > kept);
        }

        return new EncodedData(features, longExamples, beyond, tokens) { Losses = entities > 0 ? [new BeyondLimit("entities", entities, lostEntities)] : [] };
    }

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

    /// <inheritdoc/>
    public override IReadOnlyList<NamedScore> Measure(TaskData data, IReadOnlyList<Prediction> predictions)
    {
        IReadOnlyList<string>[] truth = [.. ((TokenData)data).Sequences.Select(sentence => sentence.Tags)];
        IReadOnlyList<string>[] predicted = [.. predictions.Select(prediction => ((TagsPrediction)prediction).Tags)];
        return MarksEntities ? ScoreSet.Entities(truth, predicted) : ScoreSet.Tokens(truth, predicted);
    }

    /// <inheritdoc/>
    public override string TruthOf(TaskData data, int example) => string.Join(' ', ((TokenData)data).Sequences[example].Tags);

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Baselines(TaskData train, TaskData evaluation)
    {
        IReadOnlyList<TokenSequence> learned = ((TokenData)train).Sequences, asked = ((TokenData)evaluation).Sequences;
        MostFrequentTag tagger = new(learned.Select(sentence => sentence.Words), learned.Select(sentence => sentence.Tags));
        IReadOnlyList<string>[] truth = [.. asked.Select(sentence => sentence.Tags)], tags = [.. asked.Select(sentence => tagger.Predict(sentence.Words))];
        double score = MarksEntities ? EntityScores.Of(truth, tags).Micro.F1 : TokenAccuracy.Of(truth, tags);
        return new Dictionary<string, double>(StringComparer.Ordinal) { ["most_frequent_tag"] = score };
    }

    /// <inheritdoc/>
    public override IEnumerable<ReportSection> ReportSections(TaskData data, IReadOnlyList<Prediction> predictions, bool decidedHere)
    {
        if (!MarksEntities) yield break;
        yield return EntitySection.Build([.. ((TokenData)data).Sequences.Zip(predictions, (sentence, prediction) =>
        {
            (string text, int[] starts) = sentence.Layout();
            IReadOnlyList<EntitySpan> truth = TagSchemes.Entities(sentence.Tags, TagScheme.Iob2), found = TagSchemes.Entities(((TagsPrediction)prediction).Tags, TagScheme.Iob2);
            return new TaggedExample(text, starts, sentence.Words, truth, found, sentence.Line);
        })]);
    }

    /// <summary>A window: the tag of every sub-word, and which tokens begin a word.</summary>
    /// <param name="window">Its encoding; word ids count from the sentence's start.</param>
    /// <param name="example">The sentence.</param>
    /// <param name="start">The place of the window's first sub-word among all of the sentence's.</param>
    /// <param name="subwords">The word of each sub-word of the windows before: a word may be cut between windows.</param>
    /// <param name="tags">The words' tags, or null.</param>
    /// <param name="ids">The number of each tag.</param>
    private Feature FeatureOf(TokenizedText window, int example, int start, List<int> subwords, int[]? tags, Dictionary<string, int> ids)
    {
        long[]? targets = tags is null ? null : new long[window.Length];
        int[] firstOfWord = new int[window.Length];
        int before = start == 0 ? -1 : subwords[start - 1], place = start;
        for (int token = 0; token < window.Length; token++)
        {
            int word = window.WordIds[token];
            bool begins = word >= 0 && word != before;
            firstOfWord[token] = begins ? word : -1;
            if (targets is not null) targets[token] = word < 0 ? TokensTarget.NotLearned : begins ? tags![word] : ContinuationOf(tags![word], ids);
            if (word < 0) continue;
            before = word;
            if (place++ == subwords.Count) subwords.Add(word);
        }

        return new WordsFeature
        {
            Example = example, Ids = window.Ids, TypeIds = window.TypeIds, FirstOfWord = firstOfWord,
            Target = targets is null ? null : new TokensTarget(targets),
        };
    }

    /// <inheritdoc/>
    protected override long[]? ClassCounts(TaskData train)
    {
        Dictionary<string, int> counts = ((TokenData)train).Sequences.SelectMany(sentence => sentence.Tags).CountBy(tag => tag, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        return [.. Labels.Select(label => (long)counts.GetValueOrDefault(label))];
    }

    private int ContinuationOf(int tag, Dictionary<string, int> ids) =>
        Labels[tag].StartsWith("B-", StringComparison.Ordinal) && ids.TryGetValue(Inside(Labels[tag]), out int inside) ? inside : tag;

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

    private static string Inside(string begin) => string.Concat("I", begin.AsSpan(1));

    private InputException Unknown(string tag, string place) =>
        new($"{place}: the tag \"{tag}\" is not one of the model's ({string.Join(", ", Labels.Take(8))}{(Labels.Count > 8 ? ", …" : "")})");
}
