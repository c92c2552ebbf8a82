using Graft.Backbones;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tasks.TokenClassification;

/// <summary>
/// A tag for every word (Devlin et al. 2019, §5.3): in training every sub-word carries the word's tag (B-X on its first, I-X on the rest), in
/// evaluation the first sub-word decides. Long sentences are read in overlapping windows; a word is decided where it has most context.
/// </summary>
public sealed partial record TokenClassification : FineTuningTask
{
    /// <inheritdoc/>
    public override string Name => "token-classification";

    /// <inheritdoc/>
    public override HeadKind Head => HeadKind.TokenClassification;

    /// <inheritdoc/>
    public override FineTuningTask WithLabelsOf(TaskData train)
    {
        SortedSet<string> labels = new(((TokenData)train).Sequences.SelectMany(sequence => sequence.Tags), StringComparer.Ordinal);
        labels.UnionWith(labels.Where(label => label.StartsWith("B-", StringComparison.Ordinal)).Select(Inside).ToArray()); // for the rest of a cut word
        return labels.Count >= 2 ? WithLabels([.. labels]) : throw new InputException($"{train.Path}: every word has the same tag; there is nothing to tell apart");
    }

    /// <inheritdoc/>
    public override TaskData Read(string path, ColumnOptions columns, bool labelled) => TokenData.Read(path, columns, labelled);

    /// <inheritdoc/>
    public override IEnumerable<TaskData> Stream(string path, ColumnOptions columns, int examples, Action<BadRow> onBadRow) =>
        TaskData.Parts(TokenData.Stream, path, columns, examples, onBadRow, (sentences, read) => new TokenData(path, sentences, []) { Reading = read });

    /// <inheritdoc/>
    public override TaskData FromTexts(IReadOnlyList<(string Text, string? Pair)> texts) =>
        new TokenData("text", [.. texts.Select((text, i) => WordSplitter.Split(text.Text) with { Line = i + 1, Row = i + 1 })], []);

    private InputException Unknown(string tag, string place) =>
        new($"{place}: the tag \"{tag}\" is not one of the model's ({string.Join(", ", Labels.Take(8))}{(Labels.Count > 8 ? ", …" : "")})");
}
