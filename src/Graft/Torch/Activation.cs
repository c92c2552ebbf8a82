
namespace Graft.Torch;

/// <summary>The elementwise functions published configurations name.</summary>
public enum Activation
{
    /// <summary>x (no activation).</summary>
    None,

    /// <summary>x·Φ(x) with the exact normal distribution: "gelu".</summary>
    GeluErf,

    /// <summary>The tanh approximation of GELU: "gelu_new", "gelu_pytorch_tanh", "gelu_fast".</summary>
    GeluTanh,

    /// <summary>max(x, 0): "relu".</summary>
    Relu,

    /// <summary>x·σ(x): "silu", "swish".</summary>
    Silu,

    /// <summary>tanh(x): "tanh".</summary>
    Tanh,

    /// <summary>1 / (1 + e^−x): "sigmoid".</summary>
    Sigmoid,
}

/// <summary>Names of activations as <c>config.json</c> files spell them.</summary>
internal static class Activations
{
    private static readonly Dictionary<string, Activation> s_byName = new(StringComparer.Ordinal)
    {
        ["linear"] = Activation.None,
        ["identity"] = Activation.None,
        ["gelu"] = Activation.GeluErf,
        ["gelu_python"] = Activation.GeluErf,
        ["gelu_orig"] = Activation.GeluErf,
        ["gelu_new"] = Activation.GeluTanh,
        ["gelu_fast"] = Activation.GeluTanh,
        ["gelu_pytorch_tanh"] = Activation.GeluTanh,
        ["gelu_accurate"] = Activation.GeluTanh,
        ["relu"] = Activation.Relu,
        ["silu"] = Activation.Silu,
        ["swish"] = Activation.Silu,
        ["tanh"] = Activation.Tanh,
        ["sigmoid"] = Activation.Sigmoid,
    };

    /// <summary>The activation a configuration's name stands for, e.g. "gelu_new" → <see cref="Activation.GeluTanh"/>.</summary>
    /// <exception cref="InputException">The name is none of the known ones.</exception>
    public static Activation Parse(string name) => s_byName.TryGetValue(name, out Activation activation)
        ? activation
        : throw new InputException($"activation \"{name}\" is not known: use one of {string.Join(", ", s_byName.Keys)}");

    /// <summary>The usual name of an activation, e.g. <see cref="Activation.GeluTanh"/> → "gelu_new".</summary>
    public static string NameOf(Activation activation) => activation switch
    {
        Activation.GeluErf => "gelu",
        Activation.GeluTanh => "gelu_new",
        Activation.Silu => "swish",
        Activation.None => "linear",
        _ => s_byName.First(pair => pair.Value == activation).Key,
    };
}
