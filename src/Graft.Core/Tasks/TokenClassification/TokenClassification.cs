using Graft.Backbones;
using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;
using Graft.Tokenizers;

namespace Graft.Tasks.TokenClassification;

/// <summary>
/// A tag for every word (Devlin et al. 2019, §5.3): in training every sub-word carries the word's tag (B-X on its first, I-X on the rest),
/// in evaluation the first sub-word decides. Long sentences are read in overlapping windows; a word is decided where it has most context.
/// </summary>
public sealed partial record TokenClassification : FineTuningTask
{
    private const string Outside = "O";
    private static readonly TokenizerOverrides s_afterSpace = new() { AddPrefixSpace = true };

    /// <inheritdoc/>
    public override string Name => "token-classification";

    /// <inheritdoc/>
    public override string Head => HeadKinds.TokenClassification;

    /// <summary>How the labels of tokens become entities of a text; null: by words, each of them decided by its first token.</summary>
    public TokenAggregation? Aggregation { get; init; }

    /// <summary>
    /// True for models that others trained: a text is read as it stands, and words that a file gives each follow a space. A run's model is
    /// asked as it was trained: word by word.
    /// </summary>
    internal bool IsPublished { get; init; }

    /// <summary>Byte-level tokenizers see each of the words that a file gives behind a space, as the reference trains them.</summary>
    /// <inheritdoc/>
    public override Tokenizer ForTraining(Tokenizer tokenizer)
    {
        Tokenizer changed = tokenizer.With(s_afterSpace);
        return changed.EncodeIds(Outside).AsSpan().SequenceEqual(tokenizer.EncodeIds(Outside)) ? tokenizer : changed;
    }

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        SortedSet<string> labels = new(((TokenData)train).Sequences.SelectMany(sequence => sequence.Tags), StringComparer.Ordinal);
        // For the rest of a cut word.
        labels.UnionWith(labels.Where(label => label.StartsWith("B-", StringComparison.Ordinal)).Select(Inside).ToArray());
        return labels.Count >= 2
            ? WithLabels([.. labels])
            : throw new InputException($"{train.Path}: every word has the same tag; there is nothing to tell apart");
    }

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled) => TokenData.Read(path, columns, labelled);

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(TokenData.Stream, path, columns, examples, onBadRow, (sentences, read) =>
            new TokenData(path, sentences, []) { Reading = read }
        );

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new TokenData("text", [.. texts.Select((text, i) => WordSplitter.Split(text.Text) with { Line = i + 1, Row = i + 1 })], []);

    private InputException Unknown(string tag, string place) =>
        new($"{place}: the tag \"{tag}\" is not one of the model's ({string.Join(", ", Labels.Take(8))}{(Labels.Count > 8 ? ", …" : "")})");
}
