using Microsoft.Extensions.AI;

namespace Graft.Inference;

/// <summary>
/// An <see cref="Embedder"/> as Microsoft.Extensions.AI knows it: for vector stores, Semantic Kernel and whatever else takes an
/// <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>. Safe to use from several threads.
/// <code>
/// IEmbeddingGenerator&lt;string, Embedding&lt;float&gt;&gt; generator = new GraftEmbeddingGenerator(Embedder.Load("all-MiniLM-L6-v2"));
/// Embedding&lt;float&gt; vector = await generator.GenerateAsync("a fine film");
/// </code>
/// </summary>
/// <param name="embedder">Does the work.</param>
/// <param name="ownsEmbedder">Whether the embedder is released with the generator; false where it has another owner.</param>
internal sealed class GraftEmbeddingGenerator(Embedder embedder, bool ownsEmbedder = true) : IEmbeddingGenerator<string, Embedding<float>>
{
    private readonly EmbeddingGeneratorMetadata _metadata = new(
        "graft",
        defaultModelId: embedder.Folder,
        defaultModelDimensions: embedder.Dimensions
    );

    /// <summary>The vectors of texts, in their order; usage counts the tokens that went through the model.</summary>
    /// <param name="values">The texts.</param>
    /// <param name="options">Another model or number of dimensions than this one's is refused.</param>
    /// <param name="cancellationToken">Stops between batches.</param>
    /// <exception cref="InputException">The options ask for what this model is not.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values,
        EmbeddingGenerationOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(values);
        if (options?.Dimensions is int dimensions && dimensions != embedder.Dimensions)
            throw new InputException($"{dimensions} dimensions are asked for; {embedder.Folder} has {embedder.Dimensions}");
        if (options?.ModelId is string model && model != embedder.Folder)
            throw new InputException($"model {model} is asked for; this generator has {embedder.Folder}");
        string[] texts = [.. values];

        TextEmbeddings embedded = await embedder.EmbedAsync(texts, cancellationToken).ConfigureAwait(false);
        DateTimeOffset now = DateTimeOffset.UtcNow;
        return new GeneratedEmbeddings<Embedding<float>>(
            embedded.Vectors.Select(vector => new Embedding<float>(vector) { CreatedAt = now, ModelId = embedder.Folder })
        )
        {
            Usage = new UsageDetails { InputTokenCount = embedded.Tokens, TotalTokenCount = embedded.Tokens },
        };
    }

    /// <summary>The <see cref="Embedder"/> itself, or what is known of the model.</summary>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null) return null;
        return serviceType == typeof(EmbeddingGeneratorMetadata) ? _metadata
            : serviceType == typeof(Embedder) ? embedder
            : serviceType.IsInstanceOfType(this) ? this
            : null;
    }

    /// <summary>Releases the model, where the generator owns it.</summary>
    public void Dispose()
    {
        if (ownsEmbedder) embedder.Dispose();
    }
}
