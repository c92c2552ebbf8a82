using Graft.Layers;

namespace Graft.Tuning;

/// <summary>Finds the projections that a strategy acts on by the last parts of their names, as adapter files name them.</summary>
internal static class TargetNames
{
    /// <summary>
    /// What the families call a query or value projection (or the fused one); the first set that occurs in a model is its default.
    /// </summary>
    private static readonly string[][] s_queryValue =
    [
        ["query", "value"],
        ["query_proj", "value_proj"],
        ["q_lin", "v_lin"],
        ["attn.q", "attn.v"],
        ["q", "v"],
        ["c_attn"],
        ["Wqkv"],
        ["q_proj", "v_proj"],
        ["qkv_proj"],
        ["in_proj"],
    ];

    /// <summary>Keys, values and the second feed-forward matrix.</summary>
    private static readonly string[][] s_keyValueFeedForward =
    [
        ["key", "value", "output.dense"],
        ["key_proj", "value_proj", "output.dense"],
        ["key", "value", "ffn_output"],
        ["k_lin", "v_lin", "lin2"],
        ["attn.k", "attn.v", "output.dense"],
        ["k", "v", "wo"],
        ["c_attn", "mlp.c_proj"],
        ["Wqkv", "mlp.Wo"],
        ["Wqkv", "fc2"],
        ["k_proj", "v_proj", "down_proj"],
        ["qkv_proj", "down_proj"],
        ["in_proj", "output.dense"],
    ];

    /// <summary>LoRA's default targets: "query and value" (Hu et al. 2022, §7.1).</summary>
    public static string[] QueryAndValue(Layer model) => FirstThatOccurs(model, s_queryValue);

    /// <summary>IA3's default targets; the last of them is the feed-forward one.</summary>
    public static string[] KeyValueAndFeedForward(Layer model) => FirstThatOccurs(model, s_keyValueFeedForward);

    /// <summary>The projections whose names end in a target.</summary>
    /// <exception cref="InputException">No projection does.</exception>
    public static (string Name, Projection Projection)[] Find(Layer model, IReadOnlyList<string> targets)
    {
        (string Name, Projection Layer)[] all = [.. model.Find<Projection>()];
        (string Name, Projection)[] found = [.. all.Where(candidate => targets.Any(target => Matches(candidate.Name, target)))];
        if (found.Length > 0)
            return found;
        string endings = string.Join(
            ", ",
            all.Select(candidate => candidate.Name[(candidate.Name.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal).Take(12)
        );
        throw new InputException($"no part of this model is called {string.Join(" or ", targets)}; its projections are called {endings}");
    }

    /// <summary>"query, value", or "default".</summary>
    public static string Describe(IReadOnlyList<string>? targets) => targets is null ? "default" : string.Join(", ", targets);

    /// <summary>Whether a dotted name is the target or ends in it: "attention.self.query" matches "query".</summary>
    public static bool Matches(string name, string target) => name == target || name.EndsWith("." + target, StringComparison.Ordinal);

    private static string[] FirstThatOccurs(Layer model, string[][] candidates)
    {
        string[] names = [.. model.Find<Projection>().Select(found => found.Name)];
        return Array.Find(candidates, set => Array.TrueForAll(set, target => Array.Exists(names, name => Matches(name, target))))
            ?? throw new InputException("this model's projections have unknown names: name the target modules");
    }
}
