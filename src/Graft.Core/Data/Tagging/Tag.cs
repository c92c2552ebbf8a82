using System.Runtime.InteropServices;

namespace Graft.Data.Tagging;

/// <summary>
/// A tag cut into its prefix and type: <c>B-creative-work</c> → <c>B</c>, <c>creative-work</c>; a bare <c>B</c> or <c>O</c> has type
/// <c>_</c>.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Tag(char Prefix, string Type)
{
    private const string Untyped = "_";

    /// <summary>What stands before and after a sequence.</summary>
    public static readonly Tag Outside = new('O', Untyped);

    /// <summary>Cuts at the first hyphen after the prefix.</summary>
    public static Tag Parse(string tag)
    {
        if (tag.Length == 0) return Outside;
        int hyphen = tag.IndexOf('-', StringComparison.Ordinal);
        string type = tag[(hyphen < 0 ? 1 : hyphen + 1)..];
        return new Tag(tag[0], type.Length == 0 ? Untyped : type);
    }
}
