using System.Diagnostics;
using Graft.Checkpoints;

namespace Graft.Tests.Checkpoints;

/// <summary>The hostile and broken files: each is refused with one line that names the file, and the good ones load.</summary>
public sealed class MalformedFilesTests
{
    private static readonly string[] s_good = ["good-zip.bin", "good-legacy.bin", "good.safetensors", "good-padded-header.safetensors"];

    /// <summary>Part of the message for each file, so that it is refused for the right reason.</summary>
    private static readonly Dictionary<string, string> s_reasons = new(StringComparer.Ordinal)
    {
        ["os-system-zip.bin"] = "posix.system",
        ["os-system-legacy.bin"] = "posix.system",
        ["os-system-plain.bin"] = "system",
        ["os-system-protocol0.bin"] = "os.system",
        ["eval-zip.bin"] = "__builtin__.eval",
        ["popen-zip.bin"] = "commands.Popen",
        ["getattr-zip.bin"] = "__builtin__.getattr",
        ["unhashable-legacy.bin"] = "dictionary key",
        ["deep-nesting.bin"] = "does not begin as",
        ["memo-bomb.bin"] = "does not begin as",
        ["truncated-zip.bin"] = "cut short",
        ["truncated-legacy.bin"] = "cut short",
        ["truncated-legacy-head.bin"] = "cut short",
        ["missing-storage-zip.bin"] = "lacks good-zip/data/0",
        ["short-storage-zip.bin"] = "storage has 40 bytes",
        ["no-pickle-zip.bin"] = "without data.pkl",
        ["two-roots-zip.bin"] = "which one counts",
        ["traversal-zip.bin"] = "outside the folder",
        ["out-of-bounds-view-zip.bin"] = "reaches beyond its storage",
        ["negative-offset-zip.bin"] = "impossible",
        ["bomb-zip.bin"] = "compressed",
        ["empty.bin"] = "is empty",
        ["not-a-pickle.bin"] = "web page",
        ["overlapping.safetensors"] = "overlaps",
        ["same-range.safetensors"] = "overlaps",
        ["hole.safetensors"] = "belong to no tensor",
        ["trailing.safetensors"] = "belong to no tensor",
        ["out-of-range.safetensors"] = "cut short",
        ["offset-huge.safetensors"] = "whole number",
        ["offset-reversed.safetensors"] = "impossible data_offsets",
        ["offset-negative.safetensors"] = "whole number",
        ["shape-mismatch.safetensors"] = "has 120",
        ["shape-overflow.safetensors"] = "impossible shape",
        ["shape-negative.safetensors"] = "whole number",
        ["unknown-dtype.safetensors"] = "unknown dtype",
        ["duplicate-keys.safetensors"] = "twice",
        ["header-beyond-file.safetensors"] = "cut short",
        ["header-huge.safetensors"] = "over the limit",
        ["header-over-limit.safetensors"] = "over the limit",
        ["header-zero.safetensors"] = "not JSON",
        ["header-not-json.safetensors"] = "object should be",
        ["header-array.safetensors"] = "object should be",
        ["header-not-utf8.safetensors"] = "UTF-8",
        ["header-deep.safetensors"] = "object should be",
        ["metadata-not-strings.safetensors"] = "not a string",
        ["truncated-data.safetensors"] = "cut short",
        ["truncated-header.safetensors"] = "cut short",
        ["truncated-length.safetensors"] = "too short",
        ["empty.safetensors"] = "too short",
        ["index-traversal"] = "same folder",
        ["index-absolute"] = "same folder",
        ["index-missing-shard"] = "no such file",
        ["index-missing-key"] = "does not hold it",
    };

    public static TheoryData<string> Bad => [.. s_reasons.Keys];

    [Fact]
    public void EveryFileOfTheCollectionIsCovered()
    {
        string[] known = [.. s_good, .. s_reasons.Keys, "README.md"],
            present =
            [.. Directory.EnumerateFileSystemEntries(TestData.Shared("parity", "malformed")).Select(path => Path.GetFileName(path))];
        Assert.Equal(known.Order(StringComparer.Ordinal), present.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void ABadFileIsRefusedInOneLineThatNamesIt(string name)
    {
        string path = TestData.Shared("parity", "malformed", name);
        Stopwatch watch = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        InputException error = Assert.ThrowsAny<InputException>(() => Checkpoint.Open(path).Dispose());
        Assert.True(error.Message.Contains(s_reasons[name], StringComparison.Ordinal), error.Message);
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 2);
        Assert.False(File.Exists("graft-was-here"), "the file was executed");
    }

    [Fact]
    public void GoodFilesLoad()
    {
        foreach (string name in s_good)
        {
            using Checkpoint checkpoint = Checkpoint.Open(TestData.Shared("parity", "malformed", name));
            Assert.Equal("a b", string.Join(" ", checkpoint.Names));
            Assert.Equal([4, 6], checkpoint["a"].Shape.ToArray());
            Assert.Equal(24, checkpoint["a"].ToSingles().Length);
        }
    }

    [Fact]
    public void AMissingFileAndAnEmptyFolderSaySo()
    {
        using TemporaryFolder folder = new();
        Assert.EndsWith(
            "no such file",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.File("a.safetensors"))).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "holds no weights",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.Path)).Message,
            StringComparison.Ordinal
        );
        File.WriteAllText(folder.File("a.safetensors"), "version https://git-lfs.github.com/spec/v1\noid sha256:00");
        Assert.Contains(
            "Git LFS pointer",
            Assert.Throws<CheckpointException>(() => Checkpoint.Open(folder.File("a.safetensors"))).Message,
            StringComparison.Ordinal
        );
    }
}
