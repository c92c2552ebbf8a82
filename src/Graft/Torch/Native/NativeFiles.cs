using System.Runtime.InteropServices;

namespace Graft.Torch.Native;

/// <summary>The native libraries' files, found without loading them.</summary>
internal static class NativeFiles
{
    /// <summary>libtorch's name here.</summary>
    public static string LibTorch =>
        OperatingSystem.IsWindows() ? "torch_cpu.dll"
        : OperatingSystem.IsMacOS() ? "libtorch_cpu.dylib"
        : "libtorch_cpu.so";

    /// <summary>The name of TorchSharp's native half.</summary>
    public static string Binding =>
        OperatingSystem.IsWindows() ? "LibTorchSharp.dll"
        : OperatingSystem.IsMacOS() ? "libLibTorchSharp.dylib"
        : "libLibTorchSharp.so";

    /// <summary>True where a package brings libtorch for the processor.</summary>
    public static bool IsServed =>
        RuntimeInformation.ProcessArchitecture == (OperatingSystem.IsMacOS() ? Architecture.Arm64 : Architecture.X64)
        && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS());

    /// <summary>
    /// Where the runtime itself looks: beside the program, in its runtimes folder, or where a single file unpacked what it carries; null
    /// where there is none.
    /// </summary>
    public static string? Find(string name)
    {
        string searched = AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "";
        return searched.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Append(AppContext.BaseDirectory)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }
}
