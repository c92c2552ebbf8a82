using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Graft.Checkpoints;
using Graft.Torch.Compute;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Training;

/// <summary>
/// Everything a run needs to go on: parameters, moments, how far it is. Checkpoints are folders <c>checkpoints/step-N</c> that appear
/// whole:
/// written under another name, flushed, renamed. No generator state is kept, because nothing has any.
/// </summary>
internal sealed class RunState(FlatParameters parameters, Optimizer optimizer, string? runFolder, int keep)
{
    private const string ParametersFile = "parameters.safetensors", OptimizerFile = "optimizer.safetensors", StateFile = "state.json";
    private const string Prefix = "step-";

    /// <summary>What the ranks have of the state between them; null for a process that is alone.</summary>
    public SharedState? Shards { get; init; }

    /// <summary>Updates made.</summary>
    public long Step { get; set; }

    /// <summary>Training time up to the last checkpoint.</summary>
    public double Seconds { get; set; }

    /// <summary>The best value of the development metric so far.</summary>
    public double? Best { get; private set; }

    /// <summary>Evaluations since then.</summary>
    public int EvaluationsSinceBest { get; private set; }

    /// <summary>Where checkpoints are; null: none are written.</summary>
    public string? Folder => runFolder is null ? null : Path.Combine(runFolder, "checkpoints");

    private string BestFile => Path.Combine(Folder ?? ".", "best.safetensors");

    private float[][]? _bestInMemory;

    /// <summary>Takes note of an evaluation.</summary>
    public void Evaluated(double value, bool isBest, bool saveWeights)
    {
        EvaluationsSinceBest = isBest ? 0 : EvaluationsSinceBest + 1;
        if (!isBest) return;
        Best = value;
        if (!saveWeights) return;
        if (Folder is null) _bestInMemory = [.. parameters.Segments.Select(segment => Values(segment).ToArray())];
        else SafetensorsWriter.Write(BestFile, Parameters());
    }

    /// <summary>Puts the weights of the best evaluation back; leaves the last ones where there was none.</summary>
    public void RestoreBest()
    {
        if (_bestInMemory is not null)
        {
            foreach ((FlatParameters.Segment segment, float[] values) in parameters.Segments.Zip(_bestInMemory))
                values.CopyTo(Values(segment));
        }
        else if (Folder is not null && File.Exists(BestFile))
        {
            Load(BestFile);
        }
    }

    /// <summary>Writes a checkpoint and removes the oldest ones.</summary>
    /// <param name="library">What the run's matrices are multiplied by.</param>
    /// <returns>The folder; null when none are written.</returns>
    public string? Write(MatrixLibrary library)
    {
        if (Folder is null) return null;
        if (Shards is { IsWriter: false })
        {
            Shards.Send(parameters, optimizer);
            return null;
        }

        string target = Path.Combine(Folder, Prefix + Step.ToString(CultureInfo.InvariantCulture));
        string partial = Path.Combine(Folder, $".{Prefix}{Step.ToString(CultureInfo.InvariantCulture)}.partial");
        try
        {
            if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
            Directory.CreateDirectory(partial);
            SafetensorsWriter.Write(Path.Combine(partial, ParametersFile), Parameters());
            WriteMoments(Path.Combine(partial, OptimizerFile));
            AtomicFile.WriteText(
                Path.Combine(partial, StateFile),
                JsonSerializer.Serialize(
                    new Stored(Step, Seconds, Best, EvaluationsSinceBest, library.ToString()),
                    RunStateJson.Default.Stored
                )
            );
            if (Directory.Exists(target))
                Directory.Delete(target, recursive: true);
            Directory.Move(partial, target);
        }
        catch (RunFailedException failure)
        {
            Discard(partial);
            throw new RunFailedException($"{failure.Message}; earlier checkpoints are whole", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Discard(partial);
            throw new RunFailedException($"{target}: {AtomicFile.Explain(failure)}; earlier checkpoints are whole", failure);
        }

        foreach ((long step, string folder) in Whole().OrderByDescending(checkpoint => checkpoint.Step).Skip(keep))
        {
            if (step != Step) Directory.Delete(folder, recursive: true);
        }

        return target;
    }

    /// <summary>Goes on from the newest whole checkpoint; does nothing where there is none.</summary>
    /// <returns>The library that the run's matrices are multiplied by; null where nothing says it.</returns>
    /// <exception cref="InputException">It belongs to another model.</exception>
    public MatrixLibrary? RestoreNewest()
    {
        if (Folder is null) return null;
        long newest = Whole().Select(checkpoint => checkpoint.Step).DefaultIfEmpty(-1).Max();
        if (Shards is not null) newest = Shards.OfFirst(newest); // one folder for all, whatever a file system shows to whom
        if (newest < 0) return null;
        string folder = Path.Combine(Folder, Prefix + newest.ToString(CultureInfo.InvariantCulture));
        Stored stored = ReadState(Path.Combine(folder, StateFile));
        Load(Path.Combine(folder, ParametersFile));
        ReadMoments(Path.Combine(folder, OptimizerFile), stored.Step);
        (Step, Seconds, Best, EvaluationsSinceBest) = (stored.Step, stored.Seconds, stored.Best, stored.EvaluationsSinceBest);
        return stored.MatrixLibrary is string library ? MatrixLibraries.Parse(library) : null;
    }

    private static void Discard(string partial)
    {
        try
        {
            Directory.Delete(partial, recursive: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The failure before it is the one worth reporting; a partial folder is never read.
        }
    }

    private IEnumerable<(long Step, string Folder)> Whole()
    {
        if (Folder is null || !Directory.Exists(Folder)) yield break;
        foreach (string folder in Directory.EnumerateDirectories(Folder, Prefix + "*"))
        {
            if (
                long.TryParse(
                    Path.GetFileName(folder).AsSpan(Prefix.Length),
                    NumberStyles.None,
                    CultureInfo.InvariantCulture,
                    out long step
                )
            )
                yield return (step, folder);
        }
    }

    private static Stored ReadState(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), RunStateJson.Default.Stored)
                ?? throw new InputException($"{path}: empty; remove this checkpoint and resume again");
        }
        catch (JsonException failure)
        {
            throw new InputException($"{path}: not valid JSON; remove this checkpoint and resume again", failure);
        }
    }

    private unsafe void Load(string path)
    {
        using Checkpoint checkpoint = SafetensorsReader.Open(path);
        foreach (FlatParameters.Segment segment in parameters.Segments)
        {
            string name = segment.Parameter.Name;
            StoredTensor? stored = checkpoint.Find(name);
            if (stored is null || !stored.Shape.SequenceEqual(segment.Parameter.Value.shape))
                throw new InputException(
                    $"{path}: {name} is missing or of another shape; the checkpoint belongs to another model or strategy: train into "
                        + $"another folder, or begin anew"
                );
            stored.CopyTo(Dispatcher.Data(segment.Parameter.Value), segment.Count);
        }
    }

    private void WriteMoments(string path)
    {
        using DisposeScope scope = NewDisposeScope();
        if (Shards is not null) SafetensorsWriter.Write(path, Shards.Moments(parameters, optimizer));
        else SafetensorsWriter.Write(path, optimizer.State().Select(moment => ToWrite(moment.Key, moment.Value)));
    }

    private void ReadMoments(string path, long steps)
    {
        using DisposeScope scope = NewDisposeScope();
        using Checkpoint checkpoint = SafetensorsReader.Open(path);
        HashSet<string> mine = new(StringComparer.Ordinal);
        foreach (Optimizer.Moment moment in optimizer.Moments()) mine.Add(moment.Name);
        Dictionary<string, Tensor> moments = checkpoint.Names.Where(mine.Contains).ToDictionary(
            name => name, name => tensor(checkpoint[name].ToSingles(), checkpoint[name].Shape.ToArray()), StringComparer.Ordinal);
        optimizer.Restore(moments, steps);
    }

    private IEnumerable<TensorToWrite> Parameters() =>
        parameters.Segments.Select(segment => ToWrite(segment.Parameter.Name, segment.Parameter.Value));

    private static unsafe TensorToWrite ToWrite(string name, Tensor values) =>
        TensorToWrite.FromAddress(name, ElementType.F32, values.shape, (nint)Dispatcher.Data(values));

    private static unsafe Span<float> Values(FlatParameters.Segment segment) =>
        new(Dispatcher.Data(segment.Parameter.Value), checked((int)segment.Count));

    /// <summary>What <c>state.json</c> holds.</summary>
    internal sealed record Stored(long Step, double Seconds, double? Best, int EvaluationsSinceBest, string? MatrixLibrary = null);
}

/// <summary>Reads and writes <see cref="RunState.Stored"/> without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(RunState.Stored))]
internal sealed partial class RunStateJson : JsonSerializerContext;
