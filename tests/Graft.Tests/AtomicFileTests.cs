using System.Text;

namespace Graft.Tests;

public sealed class AtomicFileTests : IDisposable
{
    private readonly Checkpoints.TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TextIsWrittenWithoutByteOrderMarkAndFoldersAreMade()
    {
        string path = Path.Combine(_folder.Path, "new", "folder", "a.txt");
        AtomicFile.WriteText(path, "größe");
        Assert.Equal(Encoding.UTF8.GetBytes("größe"), File.ReadAllBytes(path));
    }

    [Fact]
    public void AFailureWhileWritingKeepsTheOldContentAndLeavesNothingElse()
    {
        string path = _folder.File("a.txt");
        AtomicFile.WriteText(path, "old");
        Assert.Throws<InputException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InputException("bad row");
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(_folder.Files());
    }

    [Fact]
    public void AFullDiskIsAFailedRunThatSaysSo()
    {
        Assert.SkipUnless(Directory.Exists("/dev"), "needs /dev/full");
        IOException full = Assert.ThrowsAny<IOException>(() =>
        {
            using FileStream stream = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.WriteByte(1);
        });
        string path = _folder.File("a.txt");
        RunFailedException error = Assert.Throws<RunFailedException>(() => AtomicFile.Write(path, _ => throw full));
        Assert.Equal($"{path}: the disk is full; free some space; nothing was changed there", error.Message);
        Assert.Empty(_folder.Files());
    }

    [Fact]
    public void AnImpossibleFolderIsAFailedRunThatNamesIt()
    {
        string file = _folder.File("file");
        AtomicFile.WriteText(file, "");
        string path = Path.Combine(file, "below.txt");
        RunFailedException error = Assert.Throws<RunFailedException>(() => AtomicFile.WriteText(path, "x"));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void MoreSpaceThanThereIsIsRefusedBeforeAnythingIsWritten()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "other systems do not reserve space");
        bool asked = false;
        Assert.Throws<RunFailedException>(() => AtomicFile.Write(_folder.File("huge"), _ => asked = true, expectedBytes: 1L << 60));
        Assert.False(asked);
        Assert.Empty(_folder.Files());
    }
}
