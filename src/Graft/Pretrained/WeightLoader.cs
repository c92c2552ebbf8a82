using Graft.Backbones;
using Graft.Checkpoints;
using Graft.Layers;
using Graft.Torch.Compute;
using Graft.Torch.Native;

namespace Graft.Pretrained;

/// <summary>
/// Finds a checkpoint's tensor for each parameter, under the names of any year and with or without the backbone's prefix, and copies it
/// straight from the mapped file into the parameter's memory.
/// </summary>
internal sealed class WeightLoader
{
    private readonly Network _network;
    private readonly ModelFamily _family;
    private readonly Checkpoint _checkpoint;
    private readonly Dictionary<string, StoredTensor> _byName;

    private WeightLoader(Network network, ModelFamily family, Checkpoint checkpoint)
    {
        (_network, _family, _checkpoint) = (network, family, checkpoint);
        _byName = new(StringComparer.Ordinal);
        foreach (StoredTensor tensor in checkpoint.Tensors) _byName.TryAdd(family.CurrentKey(Modern(tensor.Name)), tensor);
    }

    /// <summary>A key as today's libraries spell it: norms of 2018 had gamma and beta.</summary>
    public static string Modern(string key)
    {
        if (key.EndsWith(".gamma", StringComparison.Ordinal)) return key[..^"gamma".Length] + "weight";
        return key.EndsWith(".beta", StringComparison.Ordinal) ? key[..^"beta".Length] + "bias" : key;
    }

    /// <summary>Fills every parameter: from the checkpoint, or from the seed where the checkpoint may lack it.</summary>
    /// <param name="network">The values are undefined before.</param>
    /// <param name="family">Names and what may be missing.</param>
    /// <param name="checkpoint">The mapped file.</param>
    /// <param name="newLabels">A classifier of another shape begins anew.</param>
    /// <param name="seed">The seed of new parameters.</param>
    /// <exception cref="InputException">The backbone's parameters are missing or have other shapes.</exception>
    public static LoadReport Load(Network network, ModelFamily family, Checkpoint checkpoint, bool newLabels, ulong seed) =>
        new WeightLoader(network, family, checkpoint).Load(newLabels, seed);

    // What the packages that quantize call the parts of a matrix; their files say it even where config.json does not.
    private static readonly string[] s_quantizedNames =
    [
        ".SCB",
        ".absmax",
        ".quant_map",
        ".weight_format",
        ".qweight",
        ".qzeros",
        ".g_idx",
        ".weight_scale",
        ".weight_scale_inv",
        ".weight_packed",
        ".weight_zero_point",
    ];

    private LoadReport Load(bool newLabels, ulong seed)
    {
        if (
            _checkpoint.Names.FirstOrDefault(name => Array.Exists(s_quantizedNames, end => name.EndsWith(end, StringComparison.Ordinal)))
            is string part
        )
            throw Quantized($"it holds {part}");
        List<(DeclaredParameter Parameter, StoredTensor Stored)> found = [];
        List<DeclaredParameter> missing = [], mismatched = [];
        HashSet<string> used = new(StringComparer.Ordinal);
        foreach (DeclaredParameter parameter in _network.Declared())
        {
            if (Find(parameter.Name) is not StoredTensor stored)
            {
                missing.Add(parameter);
                continue;
            }

            used.Add(stored.Name);
            if (!stored.Type.IsFloatingPoint()) throw Quantized($"{stored.Name} is {stored.Type}");
            if (stored.Shape.SequenceEqual(parameter.Value.shape)) found.Add((parameter, stored));
            else if (newLabels && !IsBackbone(parameter.Name)) mismatched.Add(parameter);
            else throw WrongShape(parameter, stored);
        }

        RequireBackbone(missing);
        Copy(found);
        foreach (DeclaredParameter parameter in missing.Concat(mismatched)) parameter.Init.Fill(parameter.Value, parameter.Name, seed);
        return new LoadReport
        {
            File = _checkpoint.FilePath,
            Missing = [.. missing.Select(parameter => parameter.Name)],
            Mismatched = [.. mismatched.Select(parameter => parameter.Name)],
            Unexpected =
            [
                .. _checkpoint.Names.Where(name => !used.Contains(name) && !_family.IsRedundant(name)).Order(StringComparer.Ordinal),
            ],
        };
    }

    private StoredTensor? Find(string name) =>
        FindUnder(name) ?? _family.OtherNames(name).Select(FindUnder).FirstOrDefault(tensor => tensor is not null);

    private StoredTensor? FindUnder(string name)
    {
        if (_byName.TryGetValue(name, out StoredTensor? tensor)) return tensor;
        if (_family.Prefix.Length == 0) return null;
        string other = name.StartsWith(_family.Prefix, StringComparison.Ordinal) ? name[_family.Prefix.Length..] : _family.Prefix + name;
        return IsBackbone(name) ? _byName.GetValueOrDefault(other) : null;
    }

    private bool IsBackbone(string name) => _network.Prefix.Length == 0
        ? _network.Head is null || _network.Backbone.Declared().Any(parameter => parameter.Name == name)
        : name.StartsWith(_network.Prefix, StringComparison.Ordinal);

    private void RequireBackbone(List<DeclaredParameter> missing)
    {
        List<string> needed =
        [
            .. missing
                .Select(parameter => parameter.Name)
                .Where(IsBackbone)
                .Where(name => !_family.IsOptional(name[_network.Prefix.Length..])),
        ];
        if (needed.Count == 0)
            return;
        int all = _network.Backbone.Declared().Count();
        string first = _checkpoint.Names.FirstOrDefault() ?? "no tensor at all";
        throw new InputException(
            string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"{_checkpoint.FilePath}: {needed.Count} of the {all} parameters of a {_family.ModelType} model are missing, first "
                    + $"{needed[0]} (the file begins with {first}): do config.json and the weights belong together?"
            )
        );
    }

    private InputException Quantized(string found) =>
        new(
            $"{_checkpoint.FilePath}: the weights are quantized ({found}): Graft reads weights of floating point only; fetch the model "
                + $"that this one was made from"
        );

    private InputException WrongShape(DeclaredParameter parameter, StoredTensor stored)
    {
        string hint = IsBackbone(parameter.Name)
            ? "config.json and the weights do not belong together"
            : "give the labels to begin a new classifier";
        return new InputException(
            $"{_checkpoint.FilePath}: {stored.Name} is [{string.Join(", ", stored.Shape.ToArray())}], the configuration asks for "
                + $"[{string.Join(", ", parameter.Value.shape)}]: {hint}"
        );
    }

    /// <summary>The largest tensors first, each thread taking the next when it is done with one.</summary>
    private static unsafe void Copy(List<(DeclaredParameter Parameter, StoredTensor Stored)> pairs)
    {
        (nint Address, StoredTensor Stored)[] work =
        [
            .. pairs
                .OrderByDescending(pair => pair.Stored.ElementCount)
                .Select(pair => ((nint)Dispatcher.Data(pair.Parameter.Value), pair.Stored)),
        ];
        KernelThreads.TakeTurns(work.Length, i => work[i].Stored.CopyTo((float*)work[i].Address, work[i].Stored.ElementCount));
    }
}
