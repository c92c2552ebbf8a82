using System.Text;

namespace Graft.Tests.Data;

/// <summary>A folder of small files that a test writes and that vanishes with it.</summary>
public abstract class DataFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("graft-data-");

    protected string PathOf(string name) => Path.Combine(_folder.FullName, name);

    protected string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    protected string Write(string name, byte[] content)
    {
        string path = PathOf(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }
}
