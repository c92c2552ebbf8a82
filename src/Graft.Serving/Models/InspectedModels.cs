using Graft.Backbones;
using Graft.Heads;
using Graft.Pretrained;
using Graft.Runs;

namespace Graft.Serving.Models;

/// <summary>
/// Models that are looked into (attention, words in context, missing words), opened beside the served ones when that is first asked;
/// the two asked last stay in memory.
/// </summary>
internal sealed class InspectedModels : IDisposable
{
    private const int Most = 2;
    private readonly Lock _lock = new();
    private readonly List<(string Folder, DateTimeOffset Opened, IDisposable Model)> _models = []; // the one asked last at the end
    private bool _isDisposed;

    /// <summary>Whether a model has states between layers to look at: a Transformer that libtorch computes.</summary>
    public static bool CanInspect(ServedModel model) => ConfigOf(model) is not null;

    /// <summary>Whether a model's folder holds a masked language model.</summary>
    public static bool FillsMasks(ServedModel model)
    {
        if (model is not EmbeddingModel || ConfigOf(model) is not { Architecture: { } name } config) return false;
        try
        {
            return ModelHeads.KindOf(config, name) is HeadKinds.MaskedLm or HeadKinds.PreTraining;
        }
        catch (InputException)
        {
            return false;
        }
    }

    /// <summary>Asks a model, which is opened first where it is not in memory; one question at a time.</summary>
    /// <exception cref="InputException">The folder cannot be opened so, or the question cannot be answered.</exception>
    public TAnswer Ask<TModel, TAnswer>(ServedModel served, Func<string, TModel> open, Func<TModel, TAnswer> ask)
        where TModel : IDisposable
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            int at = _models.FindIndex(known => known.Folder == served.Folder && known.Opened == served.Opened && known.Model is TModel);
            if (at < 0)
            {
                if (_models.Count == Most) Close(0);
                _models.Add((served.Folder, served.Opened, open(RunSeeds.Best(served.Folder))));
            }
            else
            {
                _models.Add(_models[at]);
                _models.RemoveAt(at);
            }

            return ask((TModel)_models[^1].Model);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_models.Count > 0) Close(0);
        }
    }

    private void Close(int place)
    {
        _models[place].Model.Dispose();
        _models.RemoveAt(place);
    }

    /// <summary>
    /// The configuration of a model, of an adapter its base's; null for static vectors and counts of words, which have no layers.
    /// </summary>
    private static ModelConfig? ConfigOf(ServedModel model)
    {
        string folder = RunSeeds.Best(model.Folder);
        if (ExportManifest.Exists(folder)) return null;
        if (File.Exists(Path.Combine(folder, ModelLoader.AdapterFile)) && RunManifest.Read(folder)?.Model is { } adapted)
            folder = adapted.Path;
        try
        {
            return PretrainedModel.ReadConfig(folder);
        }
        catch (InputException)
        {
            return null;
        }
    }
}
