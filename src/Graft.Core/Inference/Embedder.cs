using System.Numerics.Tensors;
using Graft.Backbones;
using Graft.Heads;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.Embedding;
using Graft.Tokenizers;

namespace Graft.Inference;

/// <summary>How texts become vectors; what is null is read from the model's folder.</summary>
public sealed record EmbedderOptions
{
    /// <summary>Which token states make the vector.</summary>
    /// <value>Null for 1_Pooling/config.json, or the mean.</value>
    public EmbeddingPooling? Pooling { get; init; }

    /// <summary>Whether vectors are brought to length 1.</summary>
    /// <value>Null for modules.json.</value>
    public bool? Normalize { get; init; }

    /// <summary>The most tokens of a text; what is beyond is cut and counted.</summary>
    /// <value>
    /// Null for what the folder says (sentence_*_config.json, else the tokenizer's model_max_length), or 512, and never more than the
    /// position table.
    /// </value>
    public int? MaxLength { get; init; }

    /// <summary>A text that stands before every text.</summary>
    /// <value>Null for the model's default prompt; "" for none.</value>
    public string? Prompt { get; init; }

    /// <summary>The name of a prompt in the model's config_sentence_transformers.json.</summary>
    /// <value>Null for the model's default prompt.</value>
    public string? PromptName { get; init; }

    /// <summary>How vectors are computed, whatever other objects of the process do.</summary>
    /// <value>Null as its engine chooses (libtorch: the context of the thread that opens the embedder).</value>
    public IComputeOptions? Compute { get; init; }

    /// <summary>Whether a vector has the same bits whatever is embedded beside it, and not only to rounding.</summary>
    /// <value>False.</value>
    public bool SameBits { get; init; }

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (MaxLength is < 3) throw new InputException("max-length", $"{MaxLength}", "at least 3");
    }
}

/// <summary>The vectors of texts.</summary>
/// <param name="Vectors">One a text, in the texts' order.</param>
/// <param name="Tokens">Tokens that went through the model, special ones included.</param>
/// <param name="Cut">Texts that were longer than the limit.</param>
public sealed record TextEmbeddings(IReadOnlyList<float[]> Vectors, long Tokens, int Cut);

/// <summary>
/// Texts to vectors, with any backbone; a folder in the sentence-transformers layout says pooling, normalisation and length itself.
/// <code>
/// using Embedder embedder = Embedder.Load("all-MiniLM-L6-v2");
/// double alike = Embedder.Cosine(embedder.Embed("a fine film"), embedder.Embed("a good movie"));
/// </code>
/// Batches go through without padding; a text's vector does not depend on its neighbours. Safe to use from several threads.
/// </summary>
public sealed class Embedder : IDisposable
{
    private const int UsualLength = 512;
    private readonly IScorer _scorer;
    private readonly Tokenizer _tokenizer;
    private readonly TextSettings _settings;

    private Embedder(string folder, IScorer scorer, int maxLength, string prompt)
    {
        (Folder, _scorer, MaxLength, _settings, Prompt) = (folder, scorer, maxLength, scorer.Model.Texts, prompt);
        _tokenizer = scorer.Tokenizer; // a missing one is found now
    }

    /// <summary>Where the model is from.</summary>
    public string Folder { get; }

    /// <summary>The most tokens of a text.</summary>
    public int MaxLength { get; }

    /// <summary>The number of values in a vector.</summary>
    public int Dimensions => _scorer.Model.VectorSize;

    /// <summary>What stands before every text; empty for nothing.</summary>
    public string Prompt { get; }

    /// <summary>Lines about keys of the folder's files that are not followed or not known.</summary>
    public IReadOnlyList<string> Notes => _scorer.Model.Notes;

    /// <summary>Names of the prompts that the folder has, where none of them is in use.</summary>
    public IReadOnlyList<string> UnusedPrompts =>
        Prompt.Length > 0 ? [] : [.. _settings.Prompts.Where(prompt => prompt.Value.Length > 0).Select(prompt => prompt.Key)];

    /// <summary>Which token states make the vector: the ways whose vectors are joined.</summary>
    public IReadOnlyList<EmbeddingPooling> Poolings => _scorer.Model.Poolings;

    /// <summary>Whether vectors have length 1.</summary>
    public bool Normalizes => _scorer.Model.Normalizes;

    /// <summary>Opens a model folder or a run folder.</summary>
    /// <exception cref="InputException">The folder is missing or damaged, or an option is impossible.</exception>
    public static Embedder Load(string folder, EmbedderOptions? options = null)
    {
        options ??= new EmbedderOptions();
        options.Validate();
        folder = RunSeeds.Best(folder);
        ScorerOptions asked = new()
        {
            Head = HeadKinds.Embedding,
            Pooling = options.Pooling,
            Normalize = options.Normalize,
            Compute = options.Compute,
            SameBits = options.SameBits,
        };
        IScorer scorer = ScoringEngines.Open(folder, asked, _ => new SentenceEmbedding());
        try
        {
            TextSettings settings = scorer.Model.Texts;
            string prompt = settings.PromptFor(options.Prompt, options.PromptName, folder);
            int length = options.MaxLength ?? settings.MaxLength ?? RunManifest.Read(folder)?.Encoding.MaxLength ?? UsualLength;
            return new Embedder(folder, scorer, Math.Min(length, scorer.Model.PositionLimit ?? int.MaxValue), prompt);
        }
        catch
        {
            scorer.Dispose();
            throw;
        }
    }

    /// <summary>The tokenizer that the model was trained with.</summary>
    public Tokenizer Tokenizer => _tokenizer;

    /// <summary>
    /// What computes: for programs that tokenize (<see cref="Encode"/>) and compute on different threads, as a server does; released with
    /// the embedder.
    /// </summary>
    public IScorer Scorer => _scorer;

    /// <summary>What goes through the model for a text, cut at <see cref="MaxLength"/>; its scores are the text's vector.</summary>
    /// <param name="text">The text.</param>
    /// <param name="whole">The tokens it has without the limit.</param>
    /// <param name="promptName">The prompt of this name in the model's files stands before it; null for <see cref="Prompt"/>.</param>
    /// <param name="cut">Which end of a text that is too long is cut.</param>
    /// <exception cref="InputException">The model has no such prompt.</exception>
    public Feature Encode(string text, out int whole, string? promptName = null, Side cut = Side.Right)
    {
        string prompt = promptName is null ? Prompt : _settings.PromptFor(null, promptName, Folder);
        Feature feature = FeatureOf(text, 0, prompt, cut, out bool wasCut);
        whole = wasCut ? _tokenizer.Encode(Prepared(text, prompt)).Length : feature.Ids.Length;
        return feature;
    }

    /// <summary>The vector of a text.</summary>
    public float[] Embed(string text) => Embed([text]).Vectors[0];

    /// <summary>Writes the vector of a text into memory of the caller; of a static model nothing is allocated on the way.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vector">At least <see cref="Dimensions"/> values.</param>
    /// <exception cref="ArgumentException">The memory is too short.</exception>
    public void Embed(ReadOnlySpan<char> text, Span<float> vector)
    {
        if (vector.Length < Dimensions) throw new ArgumentException($"{vector.Length} values; a vector has {Dimensions}", nameof(vector));
        if (_scorer is ITextVectors direct && Prompt.Length == 0) direct.Embed(text, MaxLength, vector, out _);
        else Embed(text.ToString()).CopyTo(vector);
    }

    /// <summary>The vectors of texts, in their order.</summary>
    /// <param name="texts">Any number; memory grows with it, so hand over large files in parts.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public TextEmbeddings Embed(IReadOnlyList<string> texts, CancellationToken cancellationToken = default)
    {
        if (_scorer is ITextVectors direct) return EmbedDirectly(direct, texts, cancellationToken);
        Feature[] features = new Feature[texts.Count];
        int cut = 0;
        for (int i = 0; i < features.Length; i++)
        {
            features[i] = FeatureOf(texts[i], i, Prompt, Side.Right, out bool wasCut);
            if (wasCut) cut++;
        }

        FeatureScores[] scores = _scorer.Score(features, cancellationToken);
        return new TextEmbeddings([.. scores.Select(score => score.Values)], features.Sum(feature => (long)feature.Ids.Length), cut);
    }

    /// <summary>The vectors of texts, in their order, computed beside the caller.</summary>
    /// <param name="texts">Any number; memory grows with it, so hand over large files in parts.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    public Task<TextEmbeddings> EmbedAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken = default) =>
        Task.Run(() => Embed(texts, cancellationToken), cancellationToken);

    /// <summary>The cosine of the angle between two vectors, −1 … 1; 0 where one of them is zero.</summary>
    public static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        double lengths = (double)TensorPrimitives.Norm(first) * TensorPrimitives.Norm(second);
        return lengths == 0 ? 0 : Math.Clamp(TensorPrimitives.Dot(first, second) / lengths, -1, 1);
    }

    /// <summary>Releases the model.</summary>
    public void Dispose() => _scorer.Dispose();

    private TextEmbeddings EmbedDirectly(ITextVectors direct, IReadOnlyList<string> texts, CancellationToken cancellationToken)
    {
        float[][] vectors = new float[texts.Count][];
        long tokens = 0;
        int cut = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tokens += direct.Embed(
                Prompt.Length > 0 ? Prompt + texts[i] : texts[i],
                MaxLength,
                vectors[i] = new float[Dimensions],
                out bool wasCut
            );
            if (wasCut)
                cut++;
        }

        return new TextEmbeddings(vectors, tokens, cut);
    }

    private Feature FeatureOf(string text, int example, string prompt, Side cut, out bool wasCut)
    {
        TokenizedText tokens = _tokenizer.Encode(
            Prepared(text, prompt),
            options: new EncodeOptions { MaxLength = MaxLength, TruncationSide = cut }
        );
        wasCut = tokens.Overflow.Count > 0;
        return new Feature { Example = example, Ids = tokens.Ids, TypeIds = tokens.TypeIds };
    }

    private string Prepared(string text, string prompt)
    {
        if (prompt.Length > 0) text = prompt + text;
        return _settings.LowerCase ? text.ToLowerInvariant() : text;
    }
}
