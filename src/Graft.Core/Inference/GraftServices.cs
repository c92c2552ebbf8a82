using Graft.Inference;
using Microsoft.Extensions.AI;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers models with dependency injection.</summary>
public static class GraftServices
{
    /// <summary>
    /// Registers models. Each is loaded when it is first asked for, shared by the whole process, and released by the container, which alone
    /// owns it.
    /// <code>
    /// services.AddGraft(graft => graft.AddPredictor("runs/reviews").AddEmbeddings("all-MiniLM-L6-v2"));
    /// </code>
    /// </summary>
    /// <param name="services">Where.</param>
    /// <param name="configure">Says which.</param>
    public static IServiceCollection AddGraft(this IServiceCollection services, Action<GraftOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        configure(new GraftOptions(services));
        return services;
    }
}

/// <summary>The models of <see cref="GraftServices.AddGraft"/>.</summary>
public sealed class GraftOptions
{
    private readonly IServiceCollection _services;

    internal GraftOptions(IServiceCollection services) => _services = services;

    /// <summary>A <see cref="Predictor"/>.</summary>
    /// <param name="folder">A run folder or a published fine-tuned model.</param>
    /// <param name="key">Tells several apart (<c>[FromKeyedServices(key)]</c>); null for the only one.</param>
    public GraftOptions AddPredictor(string folder, object? key = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        _services.AddKeyedSingleton(key, (_, _) => Predictor.Load(folder));
        return this;
    }

    /// <summary>An <see cref="Embedder"/>, and on top of it an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/> of texts.</summary>
    /// <param name="folder">A model folder or a run folder.</param>
    /// <param name="options">How texts become vectors; null: as the folder says.</param>
    /// <param name="key">Tells several apart; null for the only one.</param>
    /// <exception cref="Graft.InputException">An option is impossible.</exception>
    public GraftOptions AddEmbeddings(string folder, EmbedderOptions? options = null, object? key = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options?.Validate();
        _services.AddKeyedSingleton(key, (_, _) => Embedder.Load(folder, options));
        _services.AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>(key, (provider, itsKey) =>
            new GraftEmbeddingGenerator(provider.GetRequiredKeyedService<Embedder>(itsKey), ownsEmbedder: false)
        );
        return this;
    }
}
