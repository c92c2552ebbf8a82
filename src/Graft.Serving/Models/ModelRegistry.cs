using System.Diagnostics;
using Graft.Serving.Http;
using Graft.Serving.Queue;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Graft.Serving.Models;

/// <summary>
/// The models in memory, by name. Opened and warmed up before the first connection is accepted; a folder that changes is opened anew beside
/// the old version, warmed up, and takes its place between two requests.
/// </summary>
internal sealed partial class ModelRegistry(ServingOptions options, ComputeQueue queue, ILogger<ModelRegistry> logger)
    : IHostedLifecycleService,
        IDisposable
{
    private readonly Dictionary<string, ServedModel> _models = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _watching = Task.CompletedTask;

    /// <summary>Whether requests are answered: all models are there, and the server is not ending.</summary>
    public bool IsReady { get; private set; }

    /// <summary>The models as they are now, in the order in which they were named.</summary>
    public IReadOnlyList<ServedModel> All
    {
        get
        {
            lock (_lock)
                return [.. options.Models.Where(source => _models.ContainsKey(source.Name)).Select(source => _models[source.Name])];
        }
    }

    /// <summary>
    /// The model that a request means: the one it names, else the only one that fits. Held; the caller disposes it.
    /// </summary>
    /// <param name="name">The body's <c>model</c>; null where it has none.</param>
    /// <param name="fits">Whether a model answers such requests.</param>
    /// <param name="what">What is needed, for messages: "a model of vectors".</param>
    /// <exception cref="RequestException">There is no such model, it does not fit, or several do.</exception>
    public T Hold<T>(string? name, Func<T, bool> fits, string what)
        where T : ServedModel
    {
        lock (_lock)
        {
            T[] fitting = [.. _models.Values.OfType<T>().Where(fits)];
            if (name is not null)
            {
                if (!_models.TryGetValue(name, out ServedModel? named))
                    throw new RequestException(
                        404,
                        RequestFault.NotFound,
                        $"there is no model \"{name}\"; {Names(_models.Values)}",
                        "model"
                    );
                return Held(
                    named as T is T found && fits(found)
                        ? found
                        : throw RequestException.NotServed($"the model {name} ({named.Task}) is not {what}")
                );
            }

            return fitting.Length switch
            {
                1 => Held(fitting[0]),
                0 => throw RequestException.NotServed(
                    $"no served model is {what}: {string.Join(", ", _models.Values.Select(model => $"{model.Name} ({model.Task})"))}"
                ),
                _ => throw RequestException.Invalid("model", $"is missing, and several models could be meant; {Names(fitting)}"),
            };
        }
    }

    /// <summary>Opens and warms up every model.</summary>
    /// <exception cref="InputException">A folder is missing or damaged.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        options.Validate();
        foreach (ModelSource[] group in ModelLoader.Groups(options.Models)) await OpenAsync(group, cancellationToken).ConfigureAwait(false);
        IsReady = true;
        if (options.ReloadInterval > TimeSpan.Zero) _watching = WatchAsync(_stop.Token);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Not ready any more: the balancer sends no more requests, and those that are here are answered.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        IsReady = false;
        return _stop.CancelAsync();
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken) => await _watching.ConfigureAwait(false);

    public void Dispose()
    {
        IsReady = false;
        lock (_lock)
        {
            foreach (ServedModel model in _models.Values) model.Dispose();
            _models.Clear();
        }

        _stop.Dispose();
    }

    private static T Held<T>(T model)
        where T : ServedModel =>
        model.TryHold() ? model : throw RequestException.ShuttingDown();

    private static string Names(IEnumerable<ServedModel> models) => $"{string.Join(", ", models.Select(model => model.Name))} can be named";

    /// <summary>Opens models beside their running versions, and gives them their places.</summary>
    private async Task OpenAsync(ModelSource[] group, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        ServedModel[] opened = ModelLoader.Open(group, options);
        try
        {
            foreach (ServedModel model in opened) await model.WarmUpAsync(queue, options, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            foreach (ServedModel model in opened) model.Dispose();
            throw;
        }

        ServedModel[] before;
        lock (_lock)
        {
            before = [.. group.Where(source => _models.ContainsKey(source.Name)).Select(source => _models[source.Name])];
            foreach (ServedModel model in opened) _models[model.Name] = model;
        }

        foreach (ServedModel model in before) model.Dispose();
        foreach (ServedModel model in opened)
        {
            LogOpened(model.Name, model.Task, model.Folder, Stopwatch.GetElapsedTime(start).TotalSeconds);
            if (!model.SharesBatches) LogAlone(model.Name);
        }
    }

    /// <summary>Opens folders anew whose files have changed and lie still.</summary>
    private async Task WatchAsync(CancellationToken stop)
    {
        Watched[] all = [.. ModelLoader.Groups(options.Models).Select(group => new Watched(group))];
        using PeriodicTimer timer = new(options.ReloadInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(stop).ConfigureAwait(false))
            {
                foreach (Watched watched in all.Where(watched => watched.HasChanged()))
                {
                    try
                    {
                        await Task.Run(() => OpenAsync(watched.Group, stop), stop).ConfigureAwait(false);
                    }
                    catch (Exception failure)
                        when (failure is InputException or RunFailedException or IOException or UnauthorizedAccessException)
                    {
                        LogNotOpened(string.Join(", ", watched.Group.Select(source => source.Name)), failure.Message);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // the server ends
        }
    }

    /// <summary>The folders of models that are opened together, and how they looked.</summary>
    private sealed class Watched(ModelSource[] group)
    {
        private FolderStamp[] _served = Stamps(group), _seen = Stamps(group);

        public ModelSource[] Group => group;

        /// <summary>Whether the folders are others than those that are served, whole, and not being written any more.</summary>
        public bool HasChanged()
        {
            (FolderStamp[] before, FolderStamp[] now) = (_seen, Stamps(group));
            _seen = now;
            if (now.SequenceEqual(_served) || !now.SequenceEqual(before) || !Array.TrueForAll(now, stamp => stamp.IsWhole)) return false;
            _served = now;
            return true;
        }

        private static FolderStamp[] Stamps(ModelSource[] group) => [.. group.Select(source => FolderStamp.Of(source.Folder))];
    }

    [LoggerMessage(1, LogLevel.Information, "model {Name} ({Task}) opened from {Folder} in {Seconds:0.0} s")]
    private partial void LogOpened(string name, string task, string folder, double seconds);

    [LoggerMessage(
        3,
        LogLevel.Information,
        "model {Name} answers differently in company than alone on this machine: it computes one text at a time"
    )]
    private partial void LogAlone(string name);

    [LoggerMessage(2, LogLevel.Error, "the new version of model {Name} is not served, the one before stays: {Reason}")]
    private partial void LogNotOpened(string name, string reason);
}
