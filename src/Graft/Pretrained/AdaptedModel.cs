using Graft.Backbones;
using Graft.Heads;
using Graft.Tuning;
using Graft.Tuning.Files;

namespace Graft.Pretrained;

/// <summary>Opens adapter folders: finds the base that they name, refuses any other, and puts the adapter on it.</summary>
internal static class AdaptedModel
{
    private const string ConfigFile = "config.json";

    /// <summary>The base with the adapter on it.</summary>
    /// <exception cref="InputException">The base is not there or is another one, or the adapter does not fit it.</exception>
    public static PretrainedModel Load(string folder, LoadOptions options)
    {
        using AdapterFolder file = AdapterFolder.Open(folder);
        string basePath = Locate(file, options.Base);
        LoadOptions forBase = ForBase(file, basePath, options);
        PretrainedModel model = PretrainedModel.Load(basePath, forBase);
        try
        {
            return model.WithAdapter(file.Attach(model.Network, model.Backbone), folder, BaseOf(basePath, file.BaseSha256));
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A base as adapter folders record it: the hub's name where the folder is the hub's cache, the whole path otherwise.
    /// </summary>
    public static AdapterBase BaseOf(string folder, string? sha256 = null) =>
        new(Id(Path.GetFullPath(folder)), sha256 ?? WeightsHash.Of(folder));

    /// <summary>The folder of an adapter's base.</summary>
    /// <param name="file">The adapter.</param>
    /// <param name="asked">The folder to take; null: the one that the adapter names.</param>
    /// <exception cref="InputException">It is not there, or holds another model.</exception>
    public static string Locate(AdapterFolder file, string? asked)
    {
        string found = FindBase(file, asked);
        RequireSame(file, found);
        return found;
    }

    private static string FindBase(AdapterFolder file, string? asked)
    {
        if (asked is not null) return Directory.Exists(asked) ? asked : throw new InputException($"{asked}: no such folder");
        string? name = file.BaseModel;
        if (name is null)
            throw new InputException(
                $"{file.Path} is an adapter and does not say which model it is for: write it anew with its base named (graft model "
                    + $"convert `base`)"
            );
        string[] places = [Path.GetFullPath(Path.Combine(file.Path, name)), Path.GetFullPath(name)];
        if (Array.Find(places, Directory.Exists) is string found) return found;
        if (ModelHubId.TryParse(name, out ModelHubId? id))
        {
            using ModelHub hub = new(ModelHubOptions.FromEnvironment());
            if (hub.FindCached(id) is string cached) return cached;
        }

        throw new InputException(
            $"{file.Path} is an adapter of {name}, which is not there: put that model back, or write the adapter anew for its new "
                + $"place (graft model convert `base`)"
        );
    }

    private static void RequireSame(AdapterFolder file, string basePath)
    {
        if (file.BaseSha256 is not string expected) return;
        string found = WeightsHash.Of(basePath) ?? "none";
        if (found != expected)
            throw new InputException(
                $"{file.Path} is an adapter of {file.BaseModel} with weights of SHA-256 {expected[..12]}…, but {basePath} has "
                    + $"{found[..Math.Min(12, found.Length)]}…: an adapter works on the model that it was trained on only"
            );
    }

    /// <summary>
    /// Head and labels as the adapter has them: said by the config.json of a run, by the adapter's own configuration, or by the shape of
    /// its head.
    /// </summary>
    public static LoadOptions ForBase(AdapterFolder file, string basePath, LoadOptions options)
    {
        ModelConfig? own = File.Exists(Path.Combine(file.Path, ConfigFile)) ? PretrainedModel.ReadConfig(file.Path) : null;
        ModelConfig config = own ?? PretrainedModel.ReadConfig(basePath);
        string? head = options.Head ?? (own?.Architecture is string name ? ModelHeads.KindOf(own, name) : file.Head);
        IReadOnlyList<string>? labels = options.Labels ?? own?.Labels;
        if (
            labels is null
            && head is HeadKinds.SequenceClassification or HeadKinds.TokenClassification
            && file.OutputCount is int count
            && count != config.Labels.Count
        )
            labels = [.. Enumerable.Range(0, count).Select(i => FormattableString.Invariant($"LABEL_{i}"))];
        return options with
        {
            Head = head,
            Labels = labels,
            ProblemType = options.ProblemType ?? own?.ProblemType,
            Base = null,
            Features = file.Features,
        };
    }

    /// <summary>…/models--ORGANIZATION--NAME/snapshots/REVISION is the hub's cache.</summary>
    private static string Id(string folder)
    {
        string? model = Path.GetFileName(Path.GetDirectoryName(Path.GetDirectoryName(folder)));
        bool isCached =
            model is not null
            && model.StartsWith("models--", StringComparison.Ordinal)
            && Path.GetFileName(Path.GetDirectoryName(folder)) == "snapshots";
        return isCached ? model!["models--".Length..].Replace("--", "/", StringComparison.Ordinal) : folder;
    }
}
