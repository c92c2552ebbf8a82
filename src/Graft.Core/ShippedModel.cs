namespace Graft;

/// <summary>
/// A model that was delivered beside the program, found by its name: "graft-small", with the package Graft.Models.Small or in the command
/// line's own folder.
/// </summary>
internal static class ShippedModel
{
    /// <summary>
    /// The folder that a user named: an existing one itself, or else that of a delivered model; what is neither is returned as it is.
    /// </summary>
    public static string Locate(string folderOrName)
    {
        if (Directory.Exists(folderOrName) || folderOrName.Length == 0 || folderOrName.AsSpan().IndexOfAny('/', '\\') >= 0)
            return folderOrName;
        string shipped = Path.Combine(AppContext.BaseDirectory, "models", folderOrName);
        return Directory.Exists(shipped) ? shipped : folderOrName;
    }
}
