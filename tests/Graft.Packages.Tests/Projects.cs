namespace Graft.Packages.Tests;

/// <summary>The projects of a user, written into a folder.</summary>
internal static class Projects
{
    /// <summary>The package that brings libtorch for this machine: the one the tree's own build has fetched.</summary>
    public static string BackEnd => $"""<PackageReference Include="{BackEndName}" Version="{PackedProducts.Fact("LibTorchVersion")}" />""";

    private static string BackEndName =>
        OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64"
        : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64"
        : "libtorch-cpu-linux-x64";

    public static string Graft => $"""
        <PackageReference Include="Graft" Version="{PackedProducts.Fact("Version")}" />
        <PackageReference Include="Graft.Models.Small" Version="{PackedProducts.Fact("Version")}" />
        """;

    public static string Onnx => $"""<PackageReference Include="Graft.Onnx" Version="{PackedProducts.Fact("Version")}" />""";

    public static string Xunit => $"""<PackageReference Include="xunit.v3" Version="{PackedProducts.Fact("XunitVersion")}" />""";

    /// <summary>Writes a project and its sources, and returns its folder.</summary>
    public static string Write(string folder, string name, string kind, string items, params string[] sources)
    {
        string place = Path.Combine(folder, name);
        Directory.CreateDirectory(place);
        File.WriteAllText(Path.Combine(place, name + ".csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>{kind}</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TestingPlatformDotnetTestSupport>true</TestingPlatformDotnetTestSupport>
              </PropertyGroup>
              <ItemGroup>{items}</ItemGroup>
            </Project>
            """);
        foreach (string source in sources) File.Copy(Consumer(source), Path.Combine(place, source));
        return place;
    }

    /// <summary>A copy of the labelled texts: the run's folder is written beside it.</summary>
    public static string Train(string folder)
    {
        string file = Path.Combine(folder, "train.tsv");
        File.Copy(Consumer("train.tsv"), file, overwrite: true);
        return file;
    }

    private static string Consumer(string file) => Path.Combine(AppContext.BaseDirectory, "Consumers", file);
}
