namespace Graft.Packages.Tests;

/// <summary>
/// Every other way the packages are used; <c>.ci/full</c> runs them (GRAFT_TEST_FULL=1), because each copies libtorch and takes a minute or
/// more.
/// </summary>
[Collection(PackagesCollection.Name)]
[Trait("Category", "Slow")]
public sealed class FullPackageTests(PackedProducts products)
{
    private static void RequireFull() =>
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GRAFT_TEST_FULL") == "1", "long: .ci/full runs it (GRAFT_TEST_FULL=1)");

    [Fact]
    public void AProgramUsesALibraryThatUsesGraft()
    {
        RequireFull();
        string folder = products.NewFolder("library");
        Projects.Write(folder, "Middle", "Library", Projects.Graft, "Answering.cs");
        string program = Projects.Write(
            folder,
            "Outer",
            "Exe",
            """<ProjectReference Include="../Middle/Middle.csproj" />""" + Projects.BackEnd,
            "Program.cs"
        );
        AssertAnswers(products.Run(program, "dotnet", "run", "--", Projects.Train(folder)).Ok());
    }

    [Fact]
    public void ATestProjectTrains()
    {
        RequireFull();
        string folder = products.NewFolder("tests");
        string project = Projects.Write(
            folder,
            "Some.Tests",
            "Exe",
            Projects.Graft + Projects.BackEnd + Projects.Xunit,
            "Answering.cs",
            "AnsweringTests.cs"
        );
        products.Run(project, "dotnet", "build").Ok();
        string program = Path.Combine(project, "bin", "Debug", "net10.0", OperatingSystem.IsWindows() ? "Some.Tests.exe" : "Some.Tests");
        Environment.SetEnvironmentVariable("GRAFT_TEST_TRAIN", Projects.Train(folder));
        Assert.Contains("Total: 1, Errors: 0, Failed: 0", products.Run(folder, program).Ok().Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("portable", "--no-self-contained")]
    [InlineData("framework-dependent", "--no-self-contained", "--runtime", "RID")]
    [InlineData("self-contained", "--self-contained", "--runtime", "RID")]
    [InlineData("single file", "--self-contained", "--runtime", "RID", "-p:PublishSingleFile=true")]
    [InlineData(
        "single file that unpacks itself",
        "--self-contained",
        "--runtime",
        "RID",
        "-p:PublishSingleFile=true",
        "-p:IncludeNativeLibrariesForSelfExtract=true"
    )]
    public void APublishedProgramRunsWhereItIsMovedTo(string way, params string[] options)
    {
        RequireFull();
        string folder = products.NewFolder(way);
        string program = Projects.Write(folder, "First", "Exe", Projects.Graft + Projects.BackEnd, "Program.cs", "Answering.cs");
        string rid =
            OperatingSystem.IsWindows() ? "win-x64"
            : OperatingSystem.IsMacOS() ? "osx-arm64"
            : "linux-x64";
        products
            .Run(
                program,
                "dotnet",
                ["publish", "--output", Path.Combine(folder, "published"), .. options.Select(option => option == "RID" ? rid : option)]
            )
            .Ok();
        string moved = Path.Combine(folder, "moved here");
        Directory.Move(Path.Combine(folder, "published"), moved);
        Directory.Delete(program, recursive: true);
        AssertAnswers(
            products.Run(folder, Path.Combine(moved, OperatingSystem.IsWindows() ? "First.exe" : "First"), Projects.Train(folder)).Ok()
        );
        Directory.Delete(folder, recursive: true); // half a gigabyte
    }

    [Fact]
    public void TheTemplateIsGreenAtOnce()
    {
        RequireFull();
        string folder = products.NewFolder("template"), hive = Path.Combine(folder, "hive");
        string package = Path.Combine(products.Feed, $"Graft.Templates.{PackedProducts.Fact("Version")}.nupkg");
        products.Run(folder, "dotnet", "new", "install", package, "--debug:custom-hive", hive).Ok();
        products.Run(folder, "dotnet", "new", "graft-classifier", "--output", "Mine", "--debug:custom-hive", hive).Ok();
        string project = Path.Combine(folder, "Mine");
        products.Run(project, "dotnet", "test").Ok();
        products.Run(project, "dotnet", "run", "--project", "Mine", "--", "train").Ok();
        Assert.Contains(
            "complaint",
            products
                .Run(project, "dotnet", "run", "--project", "Mine", "--", "predict", "The soup was cold and nobody said sorry.")
                .Ok()
                .Output,
            StringComparison.Ordinal
        );
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void TheToolsQuickstartRunsOutsideTheTree()
    {
        RequireFull();
        products.RequireTool();
        string folder = products.NewFolder("quickstart");
        products
            .Run(
                folder,
                "dotnet",
                "tool",
                "install",
                "Graft.Cli",
                "--version",
                PackedProducts.Fact("Version"),
                "--tool-path",
                Path.Combine(folder, "tools")
            )
            .Ok();
        products
            .Run(folder, Path.Combine(folder, "tools", OperatingSystem.IsWindows() ? "graft.exe" : "graft"), "quickstart", "--seeds", "1")
            .Ok();
        Assert.True(File.Exists(Path.Combine(folder, "graft-quickstart", "report.html")));
    }

    private static void AssertAnswers(ProcessRun run)
    {
        Assert.Contains("TorchSharp 4", run.Output, StringComparison.Ordinal);
        Assert.Contains("Answer p", run.Output, StringComparison.Ordinal);
    }
}
