using Graft.Tasks;
using Graft.Tokenizers;

namespace Graft.Auto;

/// <summary>The examples, and what each tokenizer makes of them.</summary>
/// <param name="task">With its labels.</param>
/// <param name="train">Labelled examples.</param>
/// <param name="evaluation">Held-out ones; null: parts of the training examples are held out.</param>
internal sealed class AutoData(FineTuningTask task, TaskData train, TaskData? evaluation)
{
    private readonly Dictionary<(string Key, bool Held), Feature[][]> _encoded = [];

    public FineTuningTask Task => task;

    public TaskData Train => train;

    public TaskData? Evaluation => evaluation;

    /// <summary>Where a slot's held-out examples are from.</summary>
    public TaskData HeldFrom(Slot slot) => slot.FromEvaluation ? evaluation! : train;

    /// <summary>The features of each example.</summary>
    /// <param name="key">Names tokenizer and options.</param>
    /// <param name="tokenizer">Cuts texts.</param>
    /// <param name="options">Length and windows.</param>
    /// <param name="ofEvaluation">True for the held-out file.</param>
    public Feature[][] Features(string key, Func<Tokenizer> tokenizer, EncodingOptions options, bool ofEvaluation)
    {
        if (_encoded.TryGetValue((key, ofEvaluation), out Feature[][]? features)) return features;
        TaskData data = ofEvaluation ? evaluation! : train;
        features = new Feature[data.Count][];
        foreach (IGrouping<int, Feature> group in task.Encode(data, tokenizer(), options).Features.GroupBy(feature => feature.Example))
            features[group.Key] = [.. group];
        return _encoded[(key, ofEvaluation)] = features;
    }

    /// <summary>The features of some examples, numbered anew.</summary>
    public static Feature[] Take(Feature[][] features, IReadOnlyList<int> examples) =>
        [.. examples.SelectMany((example, i) => features[example].Select(feature => feature with { Example = i }))];
}

/// <summary>One comparison: what is trained on, what is held out.</summary>
/// <param name="Number">The slot's place in the plan.</param>
/// <param name="Train">Places of training examples.</param>
/// <param name="Held">Places of held-out examples.</param>
/// <param name="FromEvaluation">The held-out ones are of the other file.</param>
internal sealed record Slot(int Number, int[] Train, int[] Held, bool FromEvaluation = false);
