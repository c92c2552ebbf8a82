using System.Text.RegularExpressions;

namespace Graft.Tests;

/// <summary>
/// What the libraries say reads well in a program: options are named by their keys (<c>`max-length`</c>), which the command line shows as
/// its flags.
/// </summary>
public sealed partial class MessageTests
{
    [Theory]
    [InlineData("Graft.Tokenizers")]
    [InlineData("Graft.Core")]
    [InlineData("Graft")]
    [InlineData("Graft.Onnx")]
    public void NoLibraryMessageNamesAFlag(string assembly)
    {
        string root = Path.Combine(TestData.Root, "src", assembly);
        IEnumerable<string> found =
            from file in Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            from line in File.ReadLines(file)
            where
                Flag().IsMatch(line)
                && !line.TrimStart().StartsWith("//", StringComparison.Ordinal)
                && !line.Contains("dotnet add package", StringComparison.Ordinal)
                && !line.Contains("srun", StringComparison.Ordinal) // commands of others
                && !file.Contains("Reports", StringComparison.Ordinal) // custom properties of style sheets
            select $"{Path.GetRelativePath(root, file)}: {line.Trim()}";
        Assert.Empty(found);
    }

    [GeneratedRegex(@"""[^""]*(?<![\w<!-])--[a-z][a-z-]+", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flag();
}
