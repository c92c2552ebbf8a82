using Graft.Layers;

namespace Graft.Tuning;

/// <summary>
/// The new parts of one adapter, under the names of what they were put on:
/// <c>bert.encoder.layer.0.attention.self.query.lora_A.weight</c>. The slots call the parts; this module owns them.
/// </summary>
public sealed class TunedParts : Layer
{
    /// <summary>Draws the first values.</summary>
    internal void Initialize(ulong seed)
    {
        foreach (DeclaredParameter parameter in Declared()) parameter.Init.Fill(parameter.Value, parameter.Name, seed);
    }

    /// <summary>The number of new parameters.</summary>
    public long ParameterCount => Declared().Sum(parameter => parameter.Value.numel());
}

/// <summary>A model and the new parts on it as one module, so that one list has everything that may be trained.</summary>
internal sealed class TunedModule : Layer
{
    public TunedModule(Layer model, TunedParts parts)
    {
        foreach ((string name, TorchSharp.torch.nn.Module part) in model.named_children()) register_module(name, part);
        if (parts.ParameterCount > 0) register_module(PartsName, parts);
    }

    /// <summary>The number of values that require a gradient, and of all.</summary>
    public (long Trained, long All) Count()
    {
        (long trained, long all) = (0, 0);
        foreach (DeclaredParameter parameter in Declared())
        {
            all += parameter.Value.numel();
            if (parameter.Value.requires_grad) trained += parameter.Value.numel();
        }

        return (trained, all);
    }

    /// <summary>What the names of new parts begin with in checkpoints of a run.</summary>
    public const string PartsName = "adapter";
}
