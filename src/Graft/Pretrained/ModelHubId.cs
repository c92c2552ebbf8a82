using System.Text.RegularExpressions;

namespace Graft.Pretrained;

/// <summary>
/// A model on the hub: its name, and a branch, tag or commit of it. “bert-base-uncased”, “sentence-transformers/all-MiniLM-L6-v2@v1”.
/// </summary>
/// <param name="Name">“name” or “organization/name”.</param>
/// <param name="Revision">A branch, a tag or a commit; “main” unless given. A commit pins the files for good.</param>
public sealed partial record ModelHubId(string Name, string Revision = "main")
{
    private const int CommitLength = 40;

    /// <summary>True when the revision is a full commit hash, whose files can never change.</summary>
    public bool IsPinned => Revision.Length == CommitLength && Revision.All(char.IsAsciiHexDigitLower);

    /// <summary>Parses “NAME” or “NAME@REVISION”.</summary>
    /// <exception cref="InputException">The text is not a name that the hub can have.</exception>
    public static ModelHubId Parse(string text) => TryParse(text, out ModelHubId? id)
        ? id
        : throw new InputException($"{text}: not a model of the hub: expected name, organization/name or organization/name@revision");

    /// <summary>Parses as <see cref="Parse"/> does; false for anything else, such as a path of a folder.</summary>
    public static bool TryParse(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ModelHubId? id)
    {
        string[] parts = text.Split('@', 2);
        bool isValid =
            NamePattern().IsMatch(parts[0])
            && IsSafe(parts[0])
            && (parts.Length == 1 || (RevisionPattern().IsMatch(parts[1]) && IsSafe(parts[1])));
        id = isValid ? new(parts[0], parts.Length == 1 ? "main" : parts[1]) : null;
        return isValid;
    }

    /// <summary>“name@revision”, without the revision when it is main.</summary>
    public override string ToString() => Revision == "main" ? Name : $"{Name}@{Revision}";

    /// <summary>Names become folders: none may climb out, and two hyphens separate organization and name there.</summary>
    private static bool IsSafe(string text) =>
        !text.Contains("..", StringComparison.Ordinal) && !text.Contains("--", StringComparison.Ordinal) && text[^1] is not ('/' or '.');

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,95}(?:/[A-Za-z0-9][A-Za-z0-9._-]{0,95})?$", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$", RegexOptions.NonBacktracking)]
    private static partial Regex RevisionPattern();
}
