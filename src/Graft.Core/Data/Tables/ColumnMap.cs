namespace Graft.Data.Tables;

/// <summary>Which column of a table plays which part.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text; −1 for none.</param>
/// <param name="Labels">The label, or one column of 0 and 1 for each label; empty for none.</param>
/// <param name="Other">All columns with no part.</param>
internal sealed record ColumnMap(int Text, int Pair, int[] Labels, int[] Other)
{
    /// <summary>Takes the user's columns, then those of training, then finds the others by name, then by content.</summary>
    /// <exception cref="InputException">A named column does not exist, a required one cannot be found, or two are equally likely; the
    /// message lists those there are.</exception>
    public static ColumnMap Find(Table table, ColumnOptions options)
    {
        ColumnContents contents = new(table);
        options = AsTrained(table, options);
        int pair = Named(table, options.Pair), text = Named(table, options.Text);
        int[] labels = NamedLabels(table, options);
        HashSet<int> taken = [text, pair, .. labels];
        if (text < 0 && table.HasNames)
        {
            text = ByName(table, ColumnNames.Text, taken, column =>
                !IsAmbiguous(table, column) || !IsCategory(column) || !HasBetterText(column)
            );
            (int first, int second) = ColumnNames.Twins(table.Columns);
            if (text < 0 && first >= 0 && contents.IsText(first) && !taken.Contains(first))
                text = first;
            if (pair < 0 && options.Pair is null && text == first && first >= 0 && !taken.Contains(second) && options.Trained is null)
                pair = second;
            taken.UnionWith([text, pair]);
        }

        if (labels.Length == 0) labels = FindLabels(table, options, contents, taken);
        taken.UnionWith(labels);
        if (pair < 0 && options.Pair is null && table.HasNames && options.Trained is null)
            pair = ByName(table, options.RequirePair ? ColumnNames.PairOfPairs : ColumnNames.Pair, taken, _ => true);
        taken.Add(pair);
        if (text < 0) (text, pair) = TextByContent(table, options, contents, taken, labels, pair);
        taken.Add(text);
        if (pair < 0 && options.Pair is null && options.RequirePair)
        {
            pair = contents.SecondText(text, taken);
            // Neither name says which is first, so the order of the file does: question, sentence.
            if (pair >= 0 && pair < text && options.Text is null) (text, pair) = (pair, text);
        }

        if (pair >= 0 && options.Text is null && !table.HasNames && pair < text) (text, pair) = (pair, text);

        Require(table, text >= 0, "text", "`text-column`");
        Require(table, pair >= 0 || !options.RequirePair, "second text", "`pair-column`");
        Require(table, labels.Length > 0 || !options.RequireLabel, "label", "`label-column`");
        int[] other =
        [
            .. Enumerable.Range(0, table.Columns.Count).Where(column => column != text && column != pair && !labels.Contains(column)),
        ];
        return new ColumnMap(text, pair, labels, other);

        bool IsCategory(int column) => !contents.IsText(column) && contents.Labels(taken).Any(found => found.Column == column);
        bool HasBetterText(int column) =>
            Enumerable.Range(0, table.Columns.Count).Any(rest => rest != column && !taken.Contains(rest) && contents.IsText(rest));
    }

    private static bool IsAmbiguous(Table table, int column) =>
        ColumnNames.Ambiguous.Contains(table.Columns[column], StringComparer.OrdinalIgnoreCase);

    /// <summary>The columns that training used, where this table has them; the user's own go first.</summary>
    private static ColumnOptions AsTrained(Table table, ColumnOptions options)
    {
        if (options.Trained is not { } trained || (trained.Header ?? true) != (table.Header ?? true))
            return options with { Trained = null };
        string? Here(string? name) => name is not null && ColumnNames.IndexOf(table.Columns, name) >= 0 ? name : null;
        string? text = Here(trained.Text);
        if (text is null && options.Text is null)
            return options with { Trained = null, Label = options.Label ?? (trained.LabelColumns.Count == 0 ? Here(trained.Label) : null) };
        return options with
        {
            Text = options.Text ?? text,
            Pair = options.Pair ?? Here(trained.Pair),
            Label = options.Label ?? (trained.LabelColumns.Count == 0 && options.LabelColumns.Count == 0 ? Here(trained.Label) : null),
            LabelColumns =
                options.LabelColumns.Count > 0 || options.Label is not null ? options.LabelColumns
                : trained.LabelColumns.All(name => Here(name) is not null) ? trained.LabelColumns
                : [],
        };
    }

    private static (int Text, int Pair) TextByContent(
        Table table,
        ColumnOptions options,
        ColumnContents contents,
        HashSet<int> taken,
        int[] labels,
        int pair
    )
    {
        (int text, int rival) = contents.LongestText(taken);
        if (rival < 0 || pair >= 0 || options.Pair is not null) return (text, pair);
        if (options.RequirePair) return (text, contents.SecondText(text, new HashSet<int>(taken) { text }));
        bool isScored = options.Answer == AnswerKind.Number || (labels.Length == 1 && contents.HasFractions(labels[0]));
        if (!table.HasNames && isScored)
            return (text, rival);
        throw new InputException(
            $"{table.Path}: \"{table.Columns[Math.Min(text, rival)]}\" and \"{table.Columns[Math.Max(text, rival)]}\" may both be the "
                + $"text; say which with `text-column`, and the other with `pair-column` where both belong together"
        );
    }

    private static int ByName(Table table, string[] names, HashSet<int> taken, Func<int, bool> fits)
    {
        foreach (string name in names)
        {
            int column = ColumnNames.IndexOf(table.Columns, name);
            if (column >= 0 && !taken.Contains(column) && fits(column)) return column;
        }

        return -1;
    }

    private static int[] FindLabels(Table table, ColumnOptions options, ColumnContents contents, HashSet<int> taken)
    {
        int[] indicators = contents.Indicators(taken);
        if (options.MultiLabel && indicators.Length > 1 && options.RequireLabel && !HasListOfLabels(table, contents, taken, indicators))
            throw new InputException(
                $"{table.Path}: {Quoted(table, indicators)} hold 0 and 1: name those that are labels with `label-columns` "
                    + $"{string.Join(',', indicators.Select(column => table.Columns[column]))}"
            );
        int byName = table.HasNames
            ? ByName(table, ColumnNames.Label, taken, column =>
                !IsAmbiguous(table, column)
                || options.Answer != AnswerKind.Class
                || !contents.IsText(column)
                || contents.Labels(taken).Count == 0
            )
            : -1;
        if (options.Answer == AnswerKind.Class && ProdigyRecords.OptionsOf(table) is >= 0 and int accepted && !taken.Contains(accepted))
            return [accepted];
        if (byName >= 0)
            return [byName];
        if (!options.RequireLabel && table.HasNames)
            return [];
        if (options.Answer == AnswerKind.Text)
        {
            int target = contents.SecondText(contents.LongestText(taken).Text, taken);
            return target >= 0 ? [target] : [];
        }

        if (options.Answer == AnswerKind.Number && contents.Number(taken) is >= 0 and int number) return [number];
        IReadOnlyList<(int Column, int Rank)> found = contents.Labels(taken);
        if (found.Count == 0 && !table.HasNames && contents.Number(taken) is >= 0 and int scored) return [scored];
        if (found.Count == 0) return [];
        (int label, int rank) = found[0];
        if (
            found.Count > 1
            && found[1].Rank == rank
            && contents.Distinct(found[1].Column) <= 2 * contents.Distinct(label)
            && options.RequireLabel
        )
            throw new InputException(
                $"{table.Path}: \"{table.Columns[label]}\" and \"{table.Columns[found[1].Column]}\" may both be the label; say which "
                    + $"with `label-column`"
            );
        return [label];
    }

    /// <summary>A column that is called as labels are and holds something else than 0 and 1.</summary>
    private static bool HasListOfLabels(Table table, ColumnContents contents, HashSet<int> taken, int[] indicators) =>
        table.HasNames && ByName(table, ColumnNames.Label, [.. taken, .. indicators], column => !contents.IsText(column)) >= 0;

    private static int[] NamedLabels(Table table, ColumnOptions options)
    {
        if (options.LabelColumns.Count > 0)
            return [.. options.LabelColumns.Select(name => Named(table, name.Trim()))];
        if (options.Label is null)
            return [];
        bool several =
            options.MultiLabel
            && ColumnNames.IndexOf(table.Columns, options.Label) < 0
            && options.Label.Contains(',', StringComparison.Ordinal);
        return several ? options.Label.Split(',').Select(name => Named(table, name.Trim())).ToArray() : [Named(table, options.Label)];
    }

    private static int Named(Table table, string? name)
    {
        if (name is null) return -1;
        int column = ColumnNames.IndexOf(table.Columns, name);
        if (column < 0 && !table.HasNames) column = ColumnNames.IndexOf(table.Columns, "column " + name);
        return column >= 0 ? column : throw new InputException($"{table.Path} has no column \"{name}\"; it has {Listed(table)}");
    }

    private static void Require(Table table, bool found, string what, string flag)
    {
        if (!found) throw new InputException($"{table.Path}: no {what} column was recognised; name it with {flag}: it has {Listed(table)}");
    }

    private static string Quoted(Table table, int[] columns) => string.Join(", ", columns.Select(column => $"\"{table.Columns[column]}\""));

    private static string Listed(Table table) => string.Join(", ", table.Columns.Select(name => $"\"{name}\""));
}
