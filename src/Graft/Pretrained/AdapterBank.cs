using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Tuning;
using Graft.Tuning.Files;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretrained;

/// <summary>
/// One backbone in memory with any number of adapters, each with a head of its own. A batch may use several of them: every row gets what
/// its adapter alone would give it.
/// <code>
/// using AdapterBank bank = AdapterBank.Load("all-MiniLM-L6-v2", ["runs/polarity", "runs/intents"]);
/// IReadOnlyList&lt;AdaptedScores&gt; scores = bank.Forward(input with { AdapterRows = [0, 0, 1] });
/// </code>
/// </summary>
internal sealed class AdapterBank : IDisposable
{
    private readonly PretrainedModel _base;
    private readonly IReadOnlyList<Entry> _adapters;
    private readonly IReadOnlyList<(HashSet<int> Members, SlotContents Slots)> _groups;

    private AdapterBank(PretrainedModel basis, IReadOnlyList<Entry> adapters)
    {
        (_base, _adapters) = (basis, adapters);
        _groups =
        [
            .. Enumerable
                .Range(0, adapters.Count)
                .GroupBy(i => (adapters[i].Slots.AddedLengths, Alone: basis.Backbone.MixesAdapters ? 0 : i))
                .Select(group =>
                    (
                        group.ToHashSet(),
                        SlotContents.Mix([.. adapters.Select((adapter, i) => group.Contains(i) ? adapter.Slots : SlotContents.Empty)])
                    )
                ),
        ];
    }

    /// <summary>The number of adapters.</summary>
    public int Count => _adapters.Count;

    /// <summary>Values in memory: the backbone's once, and each adapter's.</summary>
    public long ParameterCount => _base.Backbone.ParameterCount + _adapters.Sum(entry => entry.Adapter.ParameterCount);

    /// <summary>The padding id of the base.</summary>
    internal int PadTokenId => _base.Config.PadTokenId ?? 0;

    /// <inheritdoc cref="Backbone.PositionLimit"/>
    internal int? PositionLimit => _base.Backbone.PositionLimit;

    /// <inheritdoc cref="Backbone.ReadsSegments"/>
    internal bool ReadsSegments => _base.Backbone.ReadsSegments;

    /// <summary>An adapter's configuration: its labels and its head.</summary>
    internal (ModelConfig Config, string Head, TuningStrategy Strategy) this[int adapter] =>
        (_adapters[adapter].Config, _adapters[adapter].Kind, _adapters[adapter].Adapter.Strategy);

    /// <summary>The base's tokenizer.</summary>
    internal Tokenizers.Tokenizer Tokenizer => _base.Tokenizer;

    /// <summary>Opens a base once and adapters on it.</summary>
    /// <param name="baseFolder">The base; null: the one that the first adapter names.</param>
    /// <param name="adapterFolders">Adapter folders; their places are their numbers.</param>
    /// <exception cref="InputException">An adapter is of another base, or keeps parts of the base that cannot be its own (embeddings, norms
    /// outside blocks).</exception>
    public static AdapterBank Load(string? baseFolder, IReadOnlyList<string> adapterFolders)
    {
        if (adapterFolders.Count == 0) throw new InputException("a bank needs at least one adapter");
        List<Entry> entries = [];
        PretrainedModel? basis = null;
        try
        {
            foreach (string folder in adapterFolders)
            {
                using AdapterFolder file = AdapterFolder.Open(folder);
                string basePath = AdaptedModel.Locate(file, baseFolder ?? basis?.Folder);
                LoadOptions options = AdaptedModel.ForBase(file, basePath, new LoadOptions());
                basis ??= PretrainedModel.Load(basePath, new LoadOptions { Head = HeadKinds.None, Compute = ComputeContext.Current });
                entries.Add(Attach(basis, file, basePath, options));
            }

            return new AdapterBank(basis!, entries);
        }
        catch
        {
            foreach (Entry entry in entries) entry.Release();
            basis?.Dispose();
            throw;
        }
    }

    /// <summary>The scores of a batch whose rows name their adapters.</summary>
    /// <param name="input">With <see cref="EncoderInput.AdapterRows"/>; rows of one adapter beside each other are fastest.</param>
    /// <returns>One entry for each run of neighbouring rows with the same adapter, in the batch's order.</returns>
    /// <exception cref="ArgumentException">The batch names no adapters, or one that is not there.</exception>
    public IReadOnlyList<AdaptedScores> Forward(EncoderInput input)
    {
        IReadOnlyList<int> rows = input.AdapterRows ?? throw new ArgumentException("the batch names no adapters", nameof(input));
        if (rows.FirstOrDefault(row => row < 0 || row >= Count) is not 0 and int other)
            throw new ArgumentException($"there is no adapter {other}", nameof(input));
        IReadOnlyList<AdapterRun> runs = new AdapterRuns(rows, input).Runs;
        AdaptedScores?[] scores = new AdaptedScores?[runs.Count];
        foreach ((HashSet<int> members, SlotContents slots) in _groups)
        {
            int[] own = [.. Enumerable.Range(0, runs.Count).Where(i => members.Contains(runs[i].Adapter))];
            if (own.Length > 0) Forward(input, runs, own, slots, scores);
        }

        return [.. scores.Select(score => score!)];
    }

    /// <summary>Releases the backbone and the adapters.</summary>
    public void Dispose()
    {
        foreach (Entry entry in _adapters) entry.Release();
        _base.Dispose();
    }

    /// <summary>One pass for the runs of a group: those whose adapters lengthen the text alike.</summary>
    private void Forward(EncoderInput input, IReadOnlyList<AdapterRun> runs, int[] own, SlotContents slots, AdaptedScores?[] scores)
    {
        EncoderInput part = own.Length == runs.Count ? input : Joined(input, [.. own.Select(i => runs[i])]);
        using ComputeScope computing = _base.Enter();
        slots.PutBack(_base.Backbone);
        try
        {
            BackboneOutput states = _base.Backbone.Forward(part);
            EncoderInput seen = _base.Backbone.Prompt.Lengthened(part);
            AdapterRuns places = new(part.AdapterRows!, part);
            int at = 0;
            foreach (int i in own)
            {
                int length = runs[i].End - runs[i].First;
                AdapterRun place = new(runs[i].Adapter, at, at + length);
                BackboneOutput slice = new()
                {
                    LastHiddenState = places.Rows(states.LastHiddenState, place),
                    PoolerOutput = states.PoolerOutput is null ? null : places.Rows(states.PoolerOutput, place),
                };
                scores[i] = new AdaptedScores(
                    runs[i].Adapter,
                    runs[i].First,
                    runs[i].End,
                    _adapters[runs[i].Adapter].Head!.Forward(slice, seen.Part(place))
                );
                at += length;
            }
        }
        finally
        {
            SlotContents.TakeFrom(_base.Backbone, _base.Backbone);
        }
    }

    /// <summary>The sequences of some runs as a batch of their own.</summary>
    private static EncoderInput Joined(EncoderInput input, AdapterRun[] runs)
    {
        EncoderInput[] parts = [.. runs.Select(input.Part)];
        Tensor? Cat(Func<EncoderInput, Tensor?> of) => of(parts[0]) is null ? null : cat([.. parts.Select(part => of(part)!)], 0);
        List<int> boundaries = [0];
        foreach (EncoderInput part in parts.Where(part => part.IsPacked))
            boundaries.AddRange(part.Boundaries![1..].Select(row => row + boundaries[^1]).ToArray());
        return parts[0] with
        {
            InputIds = Cat(part => part.InputIds)!,
            AttentionMask = Cat(part => part.AttentionMask),
            TokenTypeIds = Cat(part => part.TokenTypeIds),
            TaskTypeIds = Cat(part => part.TaskTypeIds),
            PositionIds = Cat(part => part.PositionIds),
            Boundaries = input.IsPacked ? [.. boundaries] : null,
            AdapterRows = [.. runs.SelectMany(run => Enumerable.Repeat(run.Adapter, run.End - run.First))],
        };
    }

    /// <summary>Loads an adapter's parts and head; nothing of the shared backbone changes.</summary>
    private static Entry Attach(PretrainedModel basis, AdapterFolder file, string basePath, LoadOptions options)
    {
        ModelConfig config = PretrainedModel.Adapted(PretrainedModel.ReadConfig(basePath), options);
        string kind = options.Head
            ?? ModelHeads.KindOf(
                config,
                config.Architecture ?? throw new InputException($"{file.Path} does not say which head it is for")
            );
        Head head = ModelHeads.Create(new HeadContext(kind, config, basis.Backbone))
            ?? throw new InputException($"{file.Path} has no head: a bank answers with adapters of tasks");
        using Checkpoints.Checkpoint weights = Checkpoints.Checkpoint.Open(basePath);
        Network network = Network.Around(basis.Backbone, head, config, kind);
        Dictionary<Projection, OwnProjection> owned = [];
        HashSet<string> ofHead = [.. head.Declared().Select(parameter => parameter.Name)];
        foreach (DeclaredParameter parameter in head.Declared())
        {
            if (weights.Find(parameter.Name) is { } stored && stored.Shape.SequenceEqual(parameter.Value.shape)) CopyTo(stored, parameter);
        }

        Dictionary<string, Projection> projections = network
            .Find<Projection>()
            .ToDictionary(found => found.Name, found => found.Layer, StringComparer.Ordinal);
        Adapter adapter = file.Attach(network, basis.Backbone, parameter =>
        {
            if (ofHead.Contains(parameter.Name)) return parameter;
            int dot = parameter.Name.LastIndexOf('.');
            if (!projections.TryGetValue(parameter.Name[..dot], out Projection? shared))
                throw new InputException(
                    $"{file.Path} keeps {parameter.Name} of the base as its own: it cannot share the base with other adapters"
                );
            if (!owned.TryGetValue(shared, out OwnProjection? own))
                owned[shared] = own = new OwnProjection(shared);
            return own.Parameter(parameter.Name[(dot + 1)..]);
        });
        return new Entry(config, kind, head, adapter, SlotContents.TakeFrom(basis.Backbone, basis.Backbone).With(owned), [.. owned.Values]);
    }

    private static unsafe void CopyTo(Checkpoints.StoredTensor stored, DeclaredParameter parameter) =>
        stored.CopyTo(Dispatcher.Data(parameter.Value), stored.ElementCount);

    /// <summary>An adapter beside the backbone.</summary>
    private sealed record Entry(
        ModelConfig Config,
        string Kind,
        Head? Head,
        Adapter Adapter,
        SlotContents Slots,
        IReadOnlyList<OwnProjection> Owned
    )
    {
        public void Release()
        {
            foreach (DeclaredParameter parameter in Head!.Declared().Concat(Owned.SelectMany(own => own.Declared())).ToList())
                parameter.Value.Dispose();
            Adapter.Dispose();
        }
    }
}

/// <summary>What one adapter says about its rows of a batch.</summary>
/// <param name="Adapter">The number.</param>
/// <param name="First">The first row (sequence).</param>
/// <param name="End">The row after the last.</param>
/// <param name="Scores">The head's.</param>
internal sealed record AdaptedScores(int Adapter, int First, int End, HeadOutput Scores);
