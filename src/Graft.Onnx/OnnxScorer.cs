using System.Numerics.Tensors;
using Graft.Backbones;
using Graft.Inference;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tokenizers;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Onnx;

/// <summary>
/// An exported graph on ONNX Runtime: sequences sorted by length, cut into batches by tokens, several batches at once on a thread each.
/// Answers do not depend on their neighbours (up to rounding), nor on the number of threads.
/// </summary>
internal sealed class OnnxScorer : IScorer
{
    private readonly string _folder;
    private readonly ExportManifest _manifest;
    private readonly OnnxOptions _options;
    private readonly InferenceSession _session;
    private readonly GraphShape _shape;
    private readonly Lazy<Tokenizer> _tokenizer;
    private readonly ReaderWriterLockSlim _open = new();
    private bool _disposed;

    private OnnxScorer(
        string folder,
        ExportManifest manifest,
        ScoredModel model,
        OnnxOptions options,
        InferenceSession session,
        GraphShape shape
    )
    {
        (_folder, _manifest, Model, _options, _session, _shape) = (folder, manifest, model, options, session, shape);
        _tokenizer = new Lazy<Tokenizer>(() => Tokenizer.Load(folder));
    }

    public ScoredModel Model { get; }

    public Tokenizer Tokenizer => _tokenizer.Value;

    /// <summary>Opens the graph and holds it against what the manifest says of it.</summary>
    /// <exception cref="InputException">ONNX Runtime cannot open it, or it is another graph.</exception>
    public static OnnxScorer Open(string folder, ExportManifest manifest, ScoredModel model, OnnxOptions options)
    {
        string path = Path.Combine(folder, ExportManifest.ModelFile);
        InferenceSession? session = null;
        try
        {
            using SessionOptions settings = new()
            {
                IntraOpNumThreads = 1, // batches run beside each other instead
                InterOpNumThreads = 1,
                LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL, // what is wrong is thrown
                GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            };
            session = new InferenceSession(path, settings);
            return new OnnxScorer(folder, manifest, model, options, session, GraphShape.Of(session, manifest));
        }
        catch (Exception failure) when (failure is OnnxRuntimeException or InputException or NotSupportedException)
        {
            session?.Dispose();
            throw new InputException($"{path}: {OneLine(failure)}", failure);
        }
    }

    public FeatureScores[] Score(IReadOnlyList<Feature> features, CancellationToken cancellationToken = default)
    {
        Sequence[] sequences = Sequence.Of(features);
        if (_manifest.PositionLimit is int limit && Array.Find(sequences, sequence => sequence.Length > limit) is { } tooLong)
            throw new InputException(
                $"{_folder}: a text of {tooLong.Length} tokens; the model reads {limit}: shorten the text (`max-length` {limit})"
            );
        float[][] rows = new float[sequences.Length][];
        _open.EnterReadLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Run(sequences, rows, cancellationToken);
        }
        finally
        {
            _open.ExitReadLock();
        }

        FeatureScores[] scores = new FeatureScores[features.Count];
        for (int i = 0, next = 0; i < scores.Length; i++)
        {
            int count = features[i].SequenceLengths.Count;
            scores[i] = Join(features[i], rows.AsSpan(next, count));
            next += count;
        }

        return scores;
    }

    /// <summary>Waits for what is being scored, then releases the graph.</summary>
    public void Dispose()
    {
        _open.EnterWriteLock();
        try
        {
            if (_disposed) return;
            _disposed = true;
            _session.Dispose();
        }
        finally
        {
            _open.ExitWriteLock();
        }
    }

    private void Run(Sequence[] sequences, float[][] rows, CancellationToken cancellationToken)
    {
        int[][] batches = [.. Batches(sequences)];
        if (batches.Length == 1 || _options.Threads == 1)
        {
            foreach (int[] batch in batches)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Run(sequences, batch, rows);
            }

            return;
        }

        Parallel.ForEach(
            batches,
            new ParallelOptions { MaxDegreeOfParallelism = _options.Threads, CancellationToken = cancellationToken },
            batch => Run(sequences, batch, rows)
        );
    }

    /// <summary>The places of sequences of about one length, longest first.</summary>
    private IEnumerable<int[]> Batches(Sequence[] sequences)
    {
        int[] order = [.. Enumerable.Range(0, sequences.Length).OrderByDescending(i => sequences[i].Length)];
        bool alone = _manifest.OneTextARun && !_options.BatchesInt8;
        for (int start = 0, end; start < order.Length; start = end)
        {
            int room = alone ? 1 : Math.Max(1, _options.TokensABatch / Math.Max(1, sequences[order[start]].Length));
            end = Math.Min(order.Length, start + room);
            yield return order[start..end];
        }
    }

    private void Run(Sequence[] sequences, int[] batch, float[][] rows)
    {
        int longest = sequences[batch[0]].Length, size = batch.Length * longest;
        long[] ids = new long[size], mask = new long[size], types = new long[size];
        Array.Fill(ids, _manifest.PadTokenId);
        for (int row = 0; row < batch.Length; row++)
        {
            Sequence sequence = sequences[batch[row]];
            for (int token = 0; token < sequence.Length; token++)
            {
                int place = (row * longest) + token;
                (ids[place], mask[place], types[place]) = (
                    sequence.Feature.Ids[sequence.Start + token],
                    1,
                    sequence.Feature.TypeIds[sequence.Start + token]
                );
            }
        }

        long[] shape = _shape.AreChoices ? [1, batch.Length, longest] : [batch.Length, longest];
        List<OrtValue> inputs = [];
        try
        {
            foreach (string name in _shape.Inputs)
                inputs.Add(
                    OrtValue.CreateTensorValueFromMemory(
                        name == GraphShape.InputIds ? ids
                            : name == GraphShape.AttentionMask ? mask
                            : types,
                        shape
                    )
                );
            using RunOptions run = new();
            using IDisposableReadOnlyCollection<OrtValue> outputs = _session.Run(run, _shape.Inputs, inputs, _shape.Outputs);
            Cut(sequences, batch, longest, outputs, rows);
        }
        catch (OnnxRuntimeException failure)
        {
            throw new InputException($"{Path.Combine(_folder, ExportManifest.ModelFile)} does not compute: {OneLine(failure)}", failure);
        }
        finally
        {
            foreach (OrtValue input in inputs) input.Dispose();
        }
    }

    /// <summary>A row's values: those of the text, or of each of its tokens; start and end beside each other.</summary>
    private void Cut(Sequence[] sequences, int[] batch, int longest, IReadOnlyList<OrtValue> outputs, float[][] rows)
    {
        int columns = _shape.Columns,
            tokens = _shape.AreOfTokens ? longest : 1;
        foreach (OrtValue output in outputs)
            _shape.RequireSize(output, (long)batch.Length * tokens * (outputs.Count == 2 ? 1 : columns));
        ReadOnlySpan<float> first = outputs[0].GetTensorDataAsSpan<float>(),
            second = outputs.Count == 2 ? outputs[1].GetTensorDataAsSpan<float>() : default;
        for (int row = 0; row < batch.Length; row++)
        {
            int length = _shape.AreOfTokens ? sequences[batch[row]].Length : 1;
            if (outputs.Count == 1)
            {
                rows[batch[row]] = first.Slice(row * tokens * columns, length * columns).ToArray();
                continue;
            }

            float[] pairs = new float[length * 2];
            for (int token = 0; token < length; token++)
                (pairs[2 * token], pairs[(2 * token) + 1]) = (first[(row * tokens) + token], second[(row * tokens) + token]);
            rows[batch[row]] = pairs;
        }
    }

    /// <summary>
    /// The scores of a feature: of several parts one row each, windows of a long part by their mean; choices beside each other in one row.
    /// </summary>
    private FeatureScores Join(Feature feature, ReadOnlySpan<float[]> rows)
    {
        int columns = _shape.Columns;
        IReadOnlyList<int> windows = feature.WindowsOfParts;
        if (rows.Length == 1 && windows.Count == 1) return new FeatureScores(rows[0], _shape.AreChoices ? 1 : columns);
        float[] values = new float[windows.Count * columns];
        for (int part = 0, next = 0; part < windows.Count; part++)
        {
            Span<float> sum = values.AsSpan(part * columns, columns);
            for (int window = 0; window < windows[part]; window++, next++) TensorPrimitives.Add(sum, rows[next], sum);
            TensorPrimitives.Divide(sum, windows[part], sum);
            if (_manifest.Normalizes && windows[part] > 1)
                TensorPrimitives.Divide(sum, Math.Max(TensorPrimitives.Norm<float>(sum), 1e-12f), sum);
        }

        return new FeatureScores(values, _shape.AreChoices ? windows.Count : columns);
    }

    private static string OneLine(Exception failure) => failure.Message.ReplaceLineEndings(" ").Trim();

    /// <summary>One sequence of a feature, where its ids begin.</summary>
    private sealed record Sequence(Feature Feature, int Start, int Length)
    {
        public static Sequence[] Of(IReadOnlyList<Feature> features)
        {
            List<Sequence> sequences = [];
            foreach (Feature feature in features)
            {
                int start = 0;
                foreach (int length in feature.SequenceLengths)
                {
                    sequences.Add(new Sequence(feature, start, length));
                    start += length;
                }
            }

            return [.. sequences];
        }
    }
}
