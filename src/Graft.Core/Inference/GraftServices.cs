using Graft.Inference;
using Microsoft.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers models with dependency injection. Each is loaded when it is first asked for and shared by the whole process.</summary>
public static class GraftServices
{
    /// <summary>Registers an <see cref="Embedder"/>, and on top of it an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts.</summary>
    /// <param name="services">Where.</param>
    /// <param name="folder">A model folder or a run folder.</param>
    /// <param name="options">How texts become vectors; null: as the folder says.</param>
    public static IServiceCollection AddGraftEmbeddings(this IServiceCollection services, string folder, EmbedderOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        options?.Validate();
        services.AddSingleton(_ => Embedder.Load(folder, options));
        return services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(provider => new GraftEmbeddingGenerator(provider.GetRequiredService<Embedder>()));
    }

    /// <summary>Registers a <see cref="Predictor"/>.</summary>
    /// <param name="services">Where.</param>
    /// <param name="folder">A run folder or a published fine-tuned model.</param>
    /// <param name="key">Tells several predictors apart (<c>[FromKeyedServices(key)]</c>); null for the only one.</param>
    public static IServiceCollection AddGraftPredictor(this IServiceCollection services, string folder, object? key = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return key is null ? services.AddSingleton(_ => Predictor.Load(folder)) : services.AddKeyedSingleton(key, (_, _) => Predictor.Load(folder));
    }
}
