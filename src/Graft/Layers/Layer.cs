using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>
/// A module whose parts are registered under the dotted names that checkpoints use: <c>Add("attention.self.query", …)</c> makes the modules
/// between as needed, so a class may be shaped by the idea and not by the names. Fields are never registered by themselves, so a layer may
/// refer to another's weights (a tied decoder) without owning them.
/// </summary>
public abstract class Layer : nn.Module
{
    private readonly List<DeclaredParameter> _declared = [];

    /// <summary>An empty layer.</summary>
    protected Layer()
        : base("layer")
    {
    }

    /// <summary>The parameters of this layer and all below it, in the order of registration, with their dotted names.</summary>
    internal IEnumerable<DeclaredParameter> Declared(string prefix = "")
    {
        foreach (DeclaredParameter parameter in _declared) yield return parameter with { Name = prefix + parameter.Name };
        foreach ((string name, nn.Module child) in named_children())
        {
            if (child is not Layer layer) continue;
            foreach (DeclaredParameter parameter in layer.Declared(prefix + name + ".")) yield return parameter;
        }
    }

    /// <summary>All layers of a kind below this one, with their dotted names.</summary>
    internal IEnumerable<(string Name, TLayer Layer)> Find<TLayer>(string prefix = "")
        where TLayer : Layer
    {
        foreach ((string name, nn.Module child) in named_children())
        {
            if (child is TLayer found) yield return (prefix + name, found);
            if (child is not Layer layer) continue;
            foreach ((string Name, TLayer Layer) deeper in layer.Find<TLayer>(prefix + name + ".")) yield return deeper;
        }
    }

    /// <summary>Registers a part under a dotted name.</summary>
    /// <returns>The part.</returns>
    protected internal TLayer Add<TLayer>(string path, TLayer part)
        where TLayer : nn.Module
    {
        (Layer parent, string leaf) = Open(path);
        parent.register_module(leaf, part);
        return part;
    }

    /// <summary>Makes a parameter under a dotted name. Its values are undefined until it is loaded or initialised.</summary>
    protected internal Parameter Declare(string path, long[] shape, Init init)
    {
        using DisposeScope scope = NewDisposeScope();
        (Layer parent, string leaf) = Open(path);
        Parameter parameter = new(empty(shape, ScalarType.Float32));
        parameter.DetachFromDisposeScope();
        parent.register_parameter(leaf, parameter);
        parent._declared.Add(new DeclaredParameter(leaf, parameter, init));
        return parameter;
    }

    /// <summary>
    /// Puts another layer's parameter of the same shape in the place of one that was declared here; the old one is released.
    /// </summary>
    internal void Replace(string name, Parameter shared)
    {
        int at = _declared.FindIndex(declared => declared.Name == name);
        Parameter old = _declared[at].Value;
        if (!old.shape.SequenceEqual(shared.shape))
            throw new ArgumentException(
                $"{name}: [{string.Join(", ", shared.shape)}] cannot take the place of [{string.Join(", ", old.shape)}]",
                nameof(shared)
            );
        _declared[at] = _declared[at] with { Value = shared };
        _internal_params[name] = shared; // register_parameter refuses a name that is taken
        old.Dispose();
    }

    /// <summary>The layer that carries the last name of a path, made where it is missing.</summary>
    private (Layer Parent, string Name) Open(string path)
    {
        Layer parent = this;
        string[] names = path.Split('.');
        foreach (string part in names[..^1])
        {
            Layer? child = (Layer?)parent.named_children().FirstOrDefault(c => c.name == part).module;
            if (child is null) parent.register_module(part, child = new Scope());
            parent = child;
        }

        return (parent, names[^1]);
    }

    /// <summary>Nothing is registered by reflection.</summary>
    protected override void RegisterComponents()
    {
    }

    /// <summary>A module that only carries a part of a name.</summary>
    private sealed class Scope : Layer;
}

/// <summary>A parameter as its layer made it.</summary>
/// <param name="Name">The dotted name.</param>
/// <param name="Value">The tensor.</param>
/// <param name="Init">How it begins when it is not loaded.</param>
internal sealed record DeclaredParameter(string Name, Parameter Value, Init Init);
