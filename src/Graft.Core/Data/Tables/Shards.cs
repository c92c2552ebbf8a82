using System.IO.Enumeration;

namespace Graft.Data.Tables;

/// <summary>Finds the files that a folder or a pattern stands for: the shards of a data set as hubs lay them out.</summary>
internal static class Shards
{
    private static readonly string[] s_extensions = [".parquet", ".jsonl", ".ndjson", ".json", ".csv", ".tsv"];
    private static readonly string[] s_development = ["validation", "valid", "dev", "eval"];
    private static readonly string[] s_notData =
    [
        "dataset_info.json",
        "dataset_infos.json",
        "dataset_dict.json",
        "state.json",
        "metadata.json",
    ];

    /// <summary>The files in the order of their names; the path itself where it is a file or does not exist.</summary>
    /// <param name="path">A file, a folder, or a pattern with <c>*</c> in its last part.</param>
    /// <param name="part">Which part of a data set with several is meant; null: there must be one.</param>
    /// <exception cref="InputException">Nothing fits, or several parts do.</exception>
    public static IReadOnlyList<string> Of(string path, DataPart? part)
    {
        if (path.Contains('*', StringComparison.Ordinal) && !File.Exists(path)) return Matching(path);
        return Directory.Exists(path) ? InFolder(path, part) : [path];
    }

    private static string[] Matching(string pattern)
    {
        string folder = Path.GetDirectoryName(pattern) is { Length: > 0 } parent ? parent : ".", name = Path.GetFileName(pattern);
        string[] files = !Directory.Exists(folder)
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(folder)
                    .Where(file => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(file)))
                    .Order(StringComparer.Ordinal),
            ];
        if (files.Length == 0)
            throw new InputException($"{pattern}: no file has such a name");
        return folder == "." && !pattern.StartsWith('.') ? [.. files.Select(file => Path.GetFileName(file))] : files;
    }

    private static string[] InFolder(string folder, DataPart? part)
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Where(file =>
                    s_extensions.Contains(DataFile.Extension(file)) && !s_notData.Contains(Path.GetFileName(file), StringComparer.Ordinal)
                )
                .Order(StringComparer.Ordinal),
        ];
        if (files.Length == 0)
            throw new InputException(
                $"{folder} is a folder without data files ({string.Join(", ", s_extensions)}); name a file; texts in a file each, a "
                    + $"folder a class, have to be brought together as a table"
            );
        string kind = s_extensions.First(extension => Array.Exists(files, file => DataFile.Extension(file) == extension));
        ILookup<string, string> parts = files
            .Where(file => DataFile.Extension(file) == kind)
            .ToLookup(file => PartOf(Path.GetRelativePath(folder, file)), StringComparer.Ordinal);
        if (parts.Count == 1)
            return [.. parts.First()];
        if (part is DataPart.Training && parts.Contains("train"))
            return [.. parts["train"]];
        if (part is DataPart.Evaluation && s_development.FirstOrDefault(parts.Contains) is string development)
            return [.. parts[development]];
        string several = string.Join(", ", parts.Select(group => group.Key.Length > 0 ? group.Key : Path.GetFileName(group.First())));
        throw new InputException(
            $"{folder} holds several parts ({several}): name the files of one, such as "
                + $"{Path.Combine(folder, Pattern(folder, parts.First().First()))}"
        );
    }

    /// <summary>The part a shard belongs to: <c>data/train-00000-of-00002.parquet</c> and <c>train/0000.parquet</c> → train.</summary>
    private static string PartOf(string file)
    {
        string[] pieces = file.ToLowerInvariant().Split('/', '\\', '-', '_', '.');
        return pieces.FirstOrDefault(piece => piece is "train" or "test" || s_development.Contains(piece, StringComparer.Ordinal), "");
    }

    private static string Pattern(string folder, string file)
    {
        string relative = Path.GetRelativePath(folder, file), name = Path.GetFileName(relative);
        int dash = name.IndexOf('-', StringComparison.Ordinal);
        return Path.Combine(Path.GetDirectoryName(relative) ?? "", dash > 0 ? name[..dash] + "-*" + Path.GetExtension(name) : name);
    }
}
