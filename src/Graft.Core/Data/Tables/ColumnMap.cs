namespace Graft.Data.Tables;

/// <summary>Which column of a table plays which part.</summary>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text; −1 for none.</param>
/// <param name="Labels">The label, or one column of 0 and 1 for each label; empty for none.</param>
/// <param name="Other">All columns with no part.</param>
internal sealed record ColumnMap(int Text, int Pair, int[] Labels, int[] Other)
{
    /// <summary>Takes the user's columns, then finds the others by name, then by content.</summary>
    /// <exception cref="InputException">A named column does not exist, or a required one cannot be found; the message lists those there are.</exception>
    public static ColumnMap Find(Table table, ColumnOptions options)
    {
        ColumnContents contents = new(table);
        int pair = Named(table, options.Pair);
        int[] labels = NamedLabels(table, options);
        int text = Named(table, options.Text);
        HashSet<int> taken = [text, pair, .. labels];

        int Free(int column) => taken.Contains(column) ? -1 : column;
        int Take(int column)
        {
            taken.Add(column);
            return column;
        }

        IEnumerable<string> TextNames() => ColumnNames.Text.Where(name => Free(ColumnNames.IndexOf(table.Columns, name)) >= 0);
        IEnumerable<string> PairNames() => ColumnNames.Pair.Where(name => Free(ColumnNames.IndexOf(table.Columns, name)) >= 0);

        if (text < 0) text = Take(table.HasNames ? ColumnNames.Find(table.Columns, TextNames()) : -1);
        if (labels.Length == 0) labels = FindLabels(table, options, contents, taken);
        taken.UnionWith(labels);
        if (text < 0) text = Take(contents.LongestText(taken));
        if (pair < 0 && options.Pair is null)
        {
            pair = table.HasNames ? ColumnNames.Find(table.Columns, PairNames()) : -1;
            if (pair < 0 && (options.RequirePair || !table.HasNames)) pair = contents.SecondText(text, taken);
            if (pair >= 0 && options.Text is null && !table.HasNames && pair < text) (text, pair) = (pair, text);
        }

        Require(table, text >= 0, "text", "`text-column`");
        Require(table, pair >= 0 || !options.RequirePair, "second text", "`pair-column`");
        Require(table, labels.Length > 0 || !options.RequireLabel, "label", "`label-column`");
        int[] other = Enumerable.Range(0, table.Columns.Count).Where(column => column != text && column != pair && !labels.Contains(column)).ToArray();
        return new ColumnMap(text, pair, labels, other);
    }

    private static int[] FindLabels(Table table, ColumnOptions options, ColumnContents contents, HashSet<int> taken)
    {
        if (options.MultiLabel && contents.Indicators(taken) is { Length: > 1 } indicators) return indicators;
        int byName = table.HasNames
            ? ColumnNames.Find(table.Columns, ColumnNames.Label.Where(name => !taken.Contains(ColumnNames.IndexOf(table.Columns, name))))
            : -1;
        if (byName >= 0) return [byName];
        int byContent = options.RequireLabel || !table.HasNames ? contents.Label(taken) : -1;
        return byContent >= 0 ? [byContent] : [];
    }

    private static int[] NamedLabels(Table table, ColumnOptions options)
    {
        if (options.Label is null) return [];
        bool several = options.MultiLabel && ColumnNames.IndexOf(table.Columns, options.Label) < 0;
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

    private static string Listed(Table table) => string.Join(", ", table.Columns.Select(name => $"\"{name}\""));
}
