using Graft.Backbones;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tokenizers;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Inference;

/// <summary>A word where it stands in a sentence.</summary>
/// <param name="Sentence">The sentence.</param>
/// <param name="Start">UTF-16 offset of the word.</param>
/// <param name="Vector">The mean of its tokens' last states.</param>
/// <param name="ToStatic">Cosine with the word's static vector; null where that has another width.</param>
public sealed record WordInContext(string Sentence, int Start, float[] Vector, double? ToStatic);

/// <summary>
/// The point of contextual models in numbers: a static table gives a word one vector wherever it stands, so any two occurrences are alike
/// to 1.0; a Transformer gives “bank” of a river and “bank” with money different ones.
/// <code>
/// ContextComparison seen = ContextComparison.Load(
///     "bert-base-uncased", "bank", ["She sat on the bank of the river.", "The bank raised its rates."]);
/// double alike = seen.Similarities[0, 1];
/// </code>
/// </summary>
/// <param name="Word">The word.</param>
/// <param name="Occurrences">Where it stands, in the sentences' order.</param>
/// <param name="StaticVector">The mean of its rows in the word table.</param>
/// <param name="Similarities">Cosines of the contextual vectors, [occurrence, occurrence].</param>
/// <param name="ByLayer">The mean cosine of two occurrences after the embeddings and after each layer: 1 is static (Ethayarajh 2019,
/// §4.1).</param>
/// <param name="Map">Each occurrence's place in the plane of the two largest principal components.</param>
public sealed record ContextComparison(
    string Word,
    IReadOnlyList<WordInContext> Occurrences,
    float[] StaticVector,
    double[,] Similarities,
    IReadOnlyList<double> ByLayer,
    IReadOnlyList<(double X, double Y)> Map
)
{
    /// <summary>Sentences that show it with “bank”, for those who bring none.</summary>
    public static IReadOnlyList<string> BankSentences { get; } =
    [
        "She sat down on the bank of the river and watched the boats.",
        "The fisherman pulled his boat up the muddy bank.",
        "Wild flowers grew along the bank of the stream.",
        "The bank raised its interest rates for new loans.",
        "He opened an account at the bank to save some money.",
        "The bank refused to lend the company any more cash.",
    ];

    /// <summary>Writes it as a page of its own.</summary>
    /// <param name="path">The file, HTML.</param>
    /// <param name="model">The model's name.</param>
    /// <exception cref="RunFailedException">The file cannot be written.</exception>
    public void WritePage(string path, string model) => ContextPage.Of(this, model).Write(path);

    /// <summary>Opens a folder and compares a word's occurrences.</summary>
    /// <inheritdoc cref="Of"/>
    public static ContextComparison Load(string folder, string word, IReadOnlyList<string> sentences)
    {
        using PretrainedModel model = PretrainedModel.Load(RunSeeds.Best(folder), new LoadOptions { Head = HeadKinds.None });
        return Of(model, word, sentences);
    }

    /// <summary>Compares a word's occurrences; upper and lower case are the same.</summary>
    /// <exception cref="InputException">Fewer than two sentences have the word, or one is longer than the position table.</exception>
    public static ContextComparison Of(PretrainedModel model, string word, IReadOnlyList<string> sentences)
    {
        List<(string Sentence, int Start, float[][] Layers)> found = [];
        foreach (string sentence in sentences)
        {
            int[] places = [.. Places(sentence, word)];
            if (places.Length > 0)
                found.AddRange(Read(model, sentence, places, word.Length).Zip(places, (layers, start) => (sentence, start, layers)));
        }

        if (found.Count < 2)
            throw new InputException(
                $"the word \"{word}\" stands {found.Count} times in {sentences.Count} sentences: it takes at least two to compare"
            );
        float[] fixedVector = Static(model, word);
        float[][] last = [.. found.Select(occurrence => occurrence.Layers[^1])];
        double[,] similarities = new double[last.Length, last.Length];
        for (int i = 0; i < last.Length; i++)
        {
            for (int j = 0; j < last.Length; j++) similarities[i, j] = i == j ? 1 : Embedder.Cosine(last[i], last[j]);
        }

        return new ContextComparison(
            word,
            [
                .. found.Select(occurrence => new WordInContext(
                    occurrence.Sentence,
                    occurrence.Start,
                    occurrence.Layers[^1],
                    fixedVector.Length == occurrence.Layers[^1].Length ? Embedder.Cosine(occurrence.Layers[^1], fixedVector) : null
                )),
            ],
            fixedVector,
            similarities,
            [
                .. Enumerable
                    .Range(0, found[0].Layers.Length)
                    .Select(layer => MeanCosine([.. found.Select(occurrence => occurrence.Layers[layer])])),
            ],
            PrincipalPlane.Of(last)
        );
    }

    /// <summary>Where a whole word stands: no letter or digit beside it.</summary>
    private static IEnumerable<int> Places(string sentence, string word)
    {
        for (
            int at = sentence.IndexOf(word, StringComparison.OrdinalIgnoreCase);
            at >= 0 && word.Length > 0;
            at = sentence.IndexOf(word, at + 1, StringComparison.OrdinalIgnoreCase)
        )
        {
            bool begins = at == 0 || !char.IsLetterOrDigit(sentence[at - 1]),
                ends = at + word.Length == sentence.Length || !char.IsLetterOrDigit(sentence[at + word.Length]);
            if (begins && ends)
                yield return at;
        }
    }

    /// <summary>For each place the word's vector after the embeddings and after each layer.</summary>
    private static List<float[][]> Read(PretrainedModel model, string sentence, int[] places, int length)
    {
        TokenizedText tokens = model.Tokenizer.Encode(sentence);
        using IDisposable noGradient = inference_mode();
        using ComputeScope computing = model.Enter();
        using DisposeScope scope = NewDisposeScope();
        float[][,] layers =
        [
            .. model
                .Backbone.Forward(AttentionInspection.Input(model, tokens) with { OutputHiddenStates = true })
                .HiddenStates!.Select(AttentionInspection.Matrix),
        ];
        List<float[][]> vectors = [];
        foreach (int start in places)
        {
            int[] rows =
            [
                .. Enumerable
                    .Range(0, tokens.Length)
                    .Where(i =>
                        tokens.SpecialTokensMask[i] == 0 && tokens.Offsets[i].Start < start + length && tokens.Offsets[i].End > start
                    ),
            ];
            vectors.Add([.. layers.Select(states => Mean(states, rows))]);
        }

        return vectors;
    }

    private static float[] Static(PretrainedModel model, string word)
    {
        // Byte-level and SentencePiece vocabularies know a word by the space before it.
        TokenizedText tokens = model.Tokenizer.Encode("a " + word);
        long[] ids =
        [
            .. Enumerable
                .Range(0, tokens.Length)
                .Where(i => tokens.SpecialTokensMask[i] == 0 && tokens.Offsets[i].End > 2)
                .Select(i => (long)tokens.Ids[i]),
        ];
        using IDisposable noGradient = inference_mode();
        using DisposeScope scope = NewDisposeScope();
        return model.Backbone.Words.Weight.index_select(0, tensor(ids)).mean([0]).ToSingles();
    }

    private static float[] Mean(float[,] states, int[] rows)
    {
        float[] mean = new float[states.GetLength(1)];
        foreach (int row in rows)
        {
            for (int i = 0; i < mean.Length; i++) mean[i] += states[row, i] / rows.Length;
        }

        return mean;
    }

    private static double MeanCosine(float[][] vectors)
    {
        double sum = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            for (int j = i + 1; j < vectors.Length; j++) sum += Embedder.Cosine(vectors[i], vectors[j]);
        }

        return sum / (vectors.Length * (vectors.Length - 1) / 2.0);
    }
}
