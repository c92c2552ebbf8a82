using System.Text.Json.Nodes;
using Graft.Checkpoints;
using Graft.Tasks;

namespace Graft.Inference.WordCounts;

/// <summary>How word counts become scores.</summary>
internal enum WordCountKind
{
    /// <summary>Multinomial naive Bayes with add-one smoothing.</summary>
    NaiveBayes,

    /// <summary>TF-IDF rows of length 1 and a linear model on them.</summary>
    TfIdf,
}

/// <summary>One or two neighbouring words of a segment.</summary>
/// <param name="Segment">0, of a second text 1.</param>
/// <param name="First">The id of the first word.</param>
/// <param name="Second">The id of the second word; −1 for a single one.</param>
internal readonly record struct Gram(int Segment, int First, int Second);

/// <summary>
/// A linear model on counts of words and of pairs of neighbouring words; what training texts do not have counts nothing. Files:
/// <c>word-counts.safetensors</c> with <c>grams</c> [G, 3], <c>weight</c> [G, outputs], <c>bias</c> [outputs] and, with TF-IDF, <c>idf</c>
/// [G].
/// </summary>
internal sealed class WordCountModel
{
    /// <summary>The model's file.</summary>
    public const string FileName = "word-counts.safetensors";

    private readonly Dictionary<Gram, int> _places;
    private readonly float[] _weight, _bias;
    private readonly float[]? _idf;

    /// <param name="grams">In the order of the weights' rows.</param>
    /// <param name="weight">[grams, outputs].</param>
    /// <param name="bias">[outputs].</param>
    /// <param name="idf">[grams]; null for plain counts.</param>
    public WordCountModel(IReadOnlyList<Gram> grams, float[] weight, float[] bias, float[]? idf)
    {
        _places = new Dictionary<Gram, int>(grams.Count);
        for (int i = 0; i < grams.Count; i++) _places[grams[i]] = i;
        (_weight, _bias, _idf) = (weight, bias, idf);
    }

    /// <summary>The number of scores.</summary>
    public int Outputs => _bias.Length;

    /// <summary>Weights and biases.</summary>
    public long ParameterCount => _weight.Length + _bias.Length;

    /// <summary>The grams of a text with their counts.</summary>
    public static Dictionary<Gram, int> Count(Feature feature)
    {
        Dictionary<Gram, int> counts = [];
        for (int i = 0; i < feature.Ids.Length; i++)
        {
            (int word, int segment) = (feature.Ids[i], feature.TypeIds[i]);
            if (word == WordCountTokenizer.Unknown) continue;
            Add(new(segment, word, -1));
            if (i + 1 < feature.Ids.Length && feature.TypeIds[i + 1] == segment && feature.Ids[i + 1] != WordCountTokenizer.Unknown)
                Add(new(segment, word, feature.Ids[i + 1]));
        }

        return counts;

        void Add(Gram gram) => counts[gram] = counts.GetValueOrDefault(gram) + 1;
    }

    /// <summary>The sparse row of a text: places of grams with their values.</summary>
    /// <param name="counts">The counts of the text.</param>
    /// <param name="places">Those that count.</param>
    /// <param name="idf">By place; null: values are counts.</param>
    public static (int[] Places, float[] Values) Row(Dictionary<Gram, int> counts, IReadOnlyDictionary<Gram, int> places, float[]? idf)
    {
        List<int> found = [];
        List<float> values = [];
        double squares = 0;
        foreach ((Gram gram, int count) in counts)
        {
            if (!places.TryGetValue(gram, out int place)) continue;
            double value = idf is null ? count : (1 + Math.Log(count)) * idf[place];
            found.Add(place);
            values.Add((float)value);
            squares += value * value;
        }

        if (idf is null || squares == 0) return ([.. found], [.. values]);
        float length = (float)Math.Sqrt(squares);
        return ([.. found], [.. values.Select(value => value / length)]);
    }

    /// <summary>The scores of a text.</summary>
    public float[] Score(Feature feature)
    {
        float[] scores = [.. _bias];
        (int[] places, float[] values) = Row(Count(feature), _places, _idf);
        for (int i = 0; i < places.Length; i++)
        {
            for (int output = 0; output < scores.Length; output++)
                scores[output] += values[i] * _weight[(places[i] * scores.Length) + output];
        }

        return scores;
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public void Write(string folder)
    {
        long[] grams = new long[3 * _places.Count];
        foreach ((Gram gram, int place) in _places)
            (grams[3 * place], grams[(3 * place) + 1], grams[(3 * place) + 2]) = (gram.Segment, gram.First, gram.Second);
        List<TensorToWrite> tensors =
        [
            TensorToWrite.FromInt64s("grams", [_places.Count, 3], grams),
            TensorToWrite.FromSingles("weight", [_places.Count, Outputs], _weight),
            TensorToWrite.FromSingles("bias", [Outputs], _bias),
        ];
        if (_idf is not null) tensors.Add(TensorToWrite.FromSingles("idf", [_places.Count], _idf));
        SafetensorsWriter.Write(Path.Combine(folder, FileName), tensors);
    }

    /// <summary>Reads the file.</summary>
    /// <param name="folder">The folder of the run.</param>
    /// <param name="outputs">The number of scores that the folder's labels ask for.</param>
    /// <exception cref="InputException">It is damaged or does not fit.</exception>
    public static WordCountModel Read(string folder, int outputs)
    {
        using Checkpoint file = Checkpoint.Open(Path.Combine(folder, FileName));
        StoredTensor grams = Find("grams"),
            weight = Find("weight"),
            bias = Find("bias");
        if (grams.Type != ElementType.I64 || grams.Shape.Length != 2 || grams.Shape[1] != 3)
            throw new InputException($"{file.FilePath}: grams is no table of three whole numbers a row");
        long count = grams.Shape[0];
        if (!bias.Shape.SequenceEqual([outputs]) || !weight.Shape.SequenceEqual([count, outputs]))
            throw new InputException($"{file.FilePath}: weight and bias do not fit the {outputs} labels of config.json");
        float[]? idf = file.Find("idf") is { } stored
            ? stored.Shape.SequenceEqual([count])
                ? stored.ToSingles()
                : throw new InputException($"{file.FilePath}: idf has not one value for each of {count} grams")
            : null;
        byte[] bytes = new byte[grams.ByteCount];
        grams.CopyBytesTo(bytes);
        ReadOnlySpan<long> numbers = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, long>(bytes);
        Gram[] read = new Gram[count];
        for (int i = 0; i < read.Length; i++)
            read[i] = new(checked((int)numbers[3 * i]), checked((int)numbers[(3 * i) + 1]), checked((int)numbers[(3 * i) + 2]));
        return new WordCountModel(read, weight.ToSingles(), bias.ToSingles(), idf);

        StoredTensor Find(string name) => file.Find(name) ?? throw new InputException($"{file.FilePath}: {name} is missing");
    }

    /// <summary>The folder's config.json.</summary>
    internal static JsonObject Config(FineTuningTask task) => new()
    {
        ["model_type"] = "word-counts",
        ["problem_type"] = task.ProblemType,
        ["id2label"] = new JsonObject(task.Labels.Select((label, i) => KeyValuePair.Create($"{i}", (JsonNode?)label))),
    };
}
