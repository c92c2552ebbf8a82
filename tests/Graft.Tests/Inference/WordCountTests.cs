using CsCheck;
using Graft.Inference;
using Graft.Inference.StaticVectors;
using Graft.Inference.WordCounts;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Checkpoints;
using Graft.Tokenizers;

namespace Graft.Tests.Inference;

public sealed class WordCountTests
{
    private static readonly (string Text, string? Pair)[] s_texts =
    [
        ("A good film!", null),
        ("a Kind book", null),
        ("a bad film", null),
        ("an awful book", null),
    ];

    [Fact]
    public void WordsAndPunctuationMarksAreLowerCasedTokensOfTheirOwn()
    {
        Tokenizer tokenizer = WordCountTokenizer.Of(s_texts);
        Assert.Equal(["a", "good", "film", "!"], tokenizer.Encode("A GOOD film!").Tokens);
        Assert.Equal(["[UNK]", "film"], tokenizer.Encode("unheard film").Tokens);
        Assert.Equal([0, 0, 1, 1], tokenizer.Encode("a film", "a book").TypeIds);
    }

    [Fact]
    public void NaiveBayesIsTheBaselineOfTheSameName()
    {
        // Texts of letters only, so that both split alike; the baseline is in Graft.Evaluation.
        CounterRandom random = new(4);
        string[] words = ["red", "green", "blue", "old", "new"];
        (string, string?)[] texts =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(_ => (string.Join(' ', Enumerable.Range(0, 6).Select(_ => words[random.NextInt(5)])), (string?)null)),
        ];
        int[] labels = [.. Enumerable.Range(0, 40).Select(_ => random.NextInt(3))];
        Graft.Evaluation.NaiveBayes baseline = new(texts, labels, 3);
        (Tokenizer tokenizer, Feature[] features) = Encode(texts, i => new ClassTarget(labels[i]));
        WordCountModel model = WordCountFit.Fit(features, 3, WordCountKind.NaiveBayes);
        foreach ((string text, _) in texts.Append(("blue unheard red", null)))
            Assert.Equal(baseline.Predict(text), Best(model.Score(Of(tokenizer, text))));
    }

    [Fact]
    public void TfIdfLearnsClassesLabelsAndNumbers()
    {
        (Tokenizer tokenizer, Feature[] classes) = Encode(s_texts, i => new ClassTarget(i / 2));
        WordCountModel model = WordCountFit.Fit(classes, 2, WordCountKind.TfIdf);
        Assert.Equal([0, 0, 1, 1], classes.Select(feature => Best(model.Score(feature))));
        Assert.Equal(1, Best(model.Score(Of(tokenizer, "awful , bad"))));
        (_, Feature[] labels) = Encode(s_texts, i => new LabelsTarget([i < 2 ? 1 : 0, i % 2 == 0 ? 1 : 0]));
        model = WordCountFit.Fit(labels, 2, WordCountKind.TfIdf);
        foreach (Feature feature in labels)
            Assert.Equal(((LabelsTarget)feature.Target!).Flags, model.Score(feature).Select(score => score > 0 ? 1f : 0f));
        (_, Feature[] numbers) = Encode(s_texts, i => new NumberTarget(100 - (20 * (i / 2))));
        model = WordCountFit.Fit(numbers, 1, WordCountKind.TfIdf);
        Assert.True(model.Score(numbers[0])[0] > model.Score(numbers[3])[0] + 5);
        Assert.InRange(model.Score(numbers[0])[0], 80, 110);
    }

    [Fact]
    public void AFolderAnswersAsTheModelDidAndNeedsNoTorch()
    {
        using TemporaryFolder folder = new();
        TextClassification task = (TextClassification)new TextClassification().WithLabels(["bad", "good"]);
        (Tokenizer tokenizer, Feature[] features) = Encode(s_texts, i => new ClassTarget(1 - (i / 2)));
        WordCountModel model = WordCountFit.Fit(features, 2, WordCountKind.TfIdf);
        WordCountEngine.Save(folder.Path, model, task, tokenizer);
        using Predictor predictor = Predictor.Load(folder.Path);
        Assert.Equal("good", predictor.Predict("a GOOD film !").Answer);
        Assert.Equal(model.Score(features[0]).Select(score => (double)score), predictor.Predict<ClassPrediction>(s_texts[0].Text).Logits);
        Assert.Contains(
            "makes no vectors",
            Assert.Throws<InputException>(() => Embedder.Load(folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void StaticVectorsWithAClassifierAnswerFromTheirFolderAsTheyWereFitted()
    {
        using TemporaryFolder source = new(), output = new();
        Tokenizer tokenizer = WordCountTokenizer.Of(s_texts);
        tokenizer.Save(source.Path);
        CounterRandom random = new(6);
        float[] vectors = [.. Enumerable.Range(0, 8 * tokenizer.VocabSize).Select(_ => (float)random.NextNormal())];
        StaticFolder.Write(source.Path, new StaticTable(vectors, 8), File.ReadAllBytes(Path.Combine(source.Path, "tokenizer.json")), []);
        Graft.Auto.StaticCandidate candidate = new(source.Path);
        TextClassification task = (TextClassification)new TextClassification().WithLabels(["good", "bad"]);
        Feature[] features =
        [
            .. s_texts.Select(
                (text, i) => Of(candidate.TokenizerOf(null!), text.Text) with { Example = i, Target = new ClassTarget(i / 2) }
            ),
        ];
        Graft.Auto.CoreModel model = candidate.Fit(features, task);
        model.Save(output.Path);
        using Predictor predictor = Predictor.Load(output.Path);
        foreach ((string text, _) in s_texts)
        {
            float[] expected = model.Score(Of(candidate.TokenizerOf(null!), text));
            double[] found = predictor.Predict<ClassPrediction>(text).Logits;
            for (int c = 0; c < 2; c++) Assert.Equal(expected[c], found[c], 1e-5);
        }

        using Embedder embedder = Embedder.Load(output.Path);
        Assert.True(embedder.Normalizes);
    }

    [Fact]
    public void ADamagedFolderIsRefused()
    {
        using TemporaryFolder folder = new();
        (Tokenizer tokenizer, Feature[] features) = Encode(s_texts, i => new ClassTarget(i / 2));
        WordCountEngine.Save(
            folder.Path,
            WordCountFit.Fit(features, 2, WordCountKind.NaiveBayes),
            new TextClassification().WithLabels(["a", "b"]),
            tokenizer
        );
        string config = Path.Combine(folder.Path, "config.json"),
            text = File.ReadAllText(config);
        File.WriteAllText(config, text.Replace("\"1\": \"b\"", "\"1\": \"b\", \"2\": \"c\"", StringComparison.Ordinal));
        Assert.Contains("3 labels", Assert.Throws<InputException>(() => Predictor.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(config, "{}");
        Assert.Contains("config.json", Assert.Throws<InputException>(() => Predictor.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void CountsAreThoseOfWordsAndNeighbours() => Gen.Int[0, 4].Array[1, 12].Sample(ids =>
    {
        Feature feature = new() { Example = 0, Ids = ids, TypeIds = new int[ids.Length] };
        int words = ids.Count(id => id != 0), neighbours = ids.Zip(ids.Skip(1)).Count(pair => pair.First != 0 && pair.Second != 0);
        Dictionary<Gram, int> counts = WordCountModel.Count(feature);
        Assert.Equal(words, counts.Where(entry => entry.Key.Second < 0).Sum(entry => entry.Value));
        Assert.Equal(neighbours, counts.Where(entry => entry.Key.Second >= 0).Sum(entry => entry.Value));
    });

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());

    private static Feature Of(Tokenizer tokenizer, string text)
    {
        TokenizedText encoded = tokenizer.Encode(text);
        return new Feature { Example = 0, Ids = encoded.Ids, TypeIds = encoded.TypeIds };
    }

    private static (Tokenizer Tokenizer, Feature[] Features) Encode((string Text, string? Pair)[] texts, Func<int, FeatureTarget> target)
    {
        Tokenizer tokenizer = WordCountTokenizer.Of(texts);
        return (tokenizer, [.. texts.Select((text, i) => Of(tokenizer, text.Text) with { Example = i, Target = target(i) })]);
    }
}
