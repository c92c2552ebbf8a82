namespace Graft.Packages.Tests;

/// <summary>
/// The packages as a user has them: from a feed, in an empty folder, with nothing of the tree. These are the ones every build runs;
/// <c>artifacts/bin/Graft.Packages.Tests/release/Graft.Packages.Tests -class "*.PackageTests"</c> runs them alone.
/// </summary>
[Collection(PackagesCollection.Name)]
[Trait("Category", "Slow")]
public sealed class PackageTests(PackedProducts products)
{
    [Fact]
    public void AConsoleProgramTrainsAndAnswers()
    {
        string folder = products.NewFolder("console");
        string program = Projects.Write(folder, "First", "Exe", Projects.Graft + Projects.BackEnd, "Program.cs", "Answering.cs");
        string said = products.Run(program, "dotnet", "run", "--", Projects.Train(folder)).Ok().Output;
        Assert.Contains("TorchSharp 4", said, StringComparison.Ordinal);
        Assert.Contains("Answer p", said, StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutABackEndTheBuildNamesThePackage()
    {
        string folder = products.NewFolder("bare");
        string program = Projects.Write(folder, "Bare", "Exe", Projects.Graft, "Program.cs", "Answering.cs");
        ProcessRun refused = products.Run(program, "dotnet", "build");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains(
            $"error GRAFT001: Graft computes with libtorch, and no package brings it to this program: dotnet add package "
                + $"TorchSharp-cpu --version {PackedProducts.Fact("TorchSharpVersion")}",
            refused.Output,
            StringComparison.Ordinal
        );

        File.WriteAllText(Path.Combine(program, "Program.cs"), "Console.WriteLine(Answering.TrainAndAsk(args[0]));");
        ProcessRun failed = products.Run(program, "dotnet", "run", "-p:GraftBackEnd=none", "--", Projects.Train(folder));
        Assert.NotEqual(0, failed.ExitCode);
        Assert.Contains(
            $"InputException: libtorch is not beside the program, and Graft computes with it: dotnet add package TorchSharp-cpu "
                + $"--version {PackedProducts.Fact("TorchSharpVersion")}",
            failed.Output,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void TheToolInstallsAndRuns()
    {
        products.RequireTool();
        string folder = products.NewFolder("tool");
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
        string graft = Path.Combine(folder, "tools", OperatingSystem.IsWindows() ? "graft.exe" : "graft");
        Assert.StartsWith(PackedProducts.Fact("Version"), products.Run(folder, graft, "--version").Ok().Output, StringComparison.Ordinal);
        string doctor = products.Run(folder, graft, "doctor", "--no-probe").Ok().Output;
        Assert.DoesNotContain("missing", doctor, StringComparison.Ordinal);
        Assert.DoesNotContain("not patched", doctor, StringComparison.Ordinal);
        string said = products
            .Run(folder, graft, "fill-mask", "--model", "graft-small-plain", "--text", "The cat sat on the [MASK].")
            .Ok()
            .Output;
        Assert.Contains("table", said, StringComparison.Ordinal);
    }
}
