namespace Graft.Tokenizers;

/// <summary>What a clone without Git LFS leaves in place of a large file: three lines that say which file it would be.</summary>
public static class LfsPointer
{
    /// <summary>Whether a file begins as a pointer does.</summary>
    public static bool Is(ReadOnlySpan<byte> start) => start.StartsWith("version https://git-lfs"u8);

    /// <summary>Refuses a file that is one.</summary>
    /// <param name="content">The file's bytes, or its first ones.</param>
    /// <param name="file">What the error calls it.</param>
    /// <exception cref="InputException">It is a pointer.</exception>
    public static void Refuse(ReadOnlySpan<byte> content, string file)
    {
        if (Is(content))
            throw new InputException($"{file}: a Git LFS pointer, not the file itself: fetch it with `git lfs pull` or `graft pull`");
    }
}
