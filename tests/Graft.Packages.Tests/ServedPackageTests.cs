using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace Graft.Packages.Tests;

/// <summary>
/// A trained model where it is used: exported for a program on Graft.Onnx alone, and behind the web service of the template. Long, like
/// <see cref="FullPackageTests"/>.
/// </summary>
[Collection(PackagesCollection.Name)]
[Trait("Category", "Slow")]
public sealed partial class ServedPackageTests(PackedProducts products)
{
    [Fact]
    public async Task ARunIsExportedAndServed()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("GRAFT_TEST_FULL") == "1", "long: .ci/full runs it (GRAFT_TEST_FULL=1)");
        string folder = products.NewFolder("served"), exported = Path.Combine(folder, "exported");
        string trainer = Projects.Write(folder, "Trainer", "Exe", Projects.Graft + Projects.BackEnd, "ExportingProgram.cs", "Answering.cs");
        Assert.Contains(
            "Answer p",
            products.Run(trainer, "dotnet", "run", "--", Projects.Train(folder), exported).Ok().Output,
            StringComparison.Ordinal
        );
        AnswersWithoutLibtorch(folder, exported);
        await AnswersOverHttp(folder).ConfigureAwait(true);
        Directory.Delete(folder, recursive: true); // half a gigabyte
    }

    private void AnswersWithoutLibtorch(string folder, string exported)
    {
        string program = Projects.Write(folder, "Light", "Exe", Projects.Onnx, "OnnxProgram.cs");
        string said = products.Run(program, "dotnet", "run", "--", exported).Ok().Output;
        Assert.Contains("Answer p", said, StringComparison.Ordinal);
        string[] files =
        [
            .. new DirectoryInfo(Path.Combine(program, "bin")).EnumerateFiles("*", SearchOption.AllDirectories).Select(file => file.Name),
        ];
        Assert.DoesNotContain(files, file => file.Contains("torch", StringComparison.OrdinalIgnoreCase));
        // Windows' library lies with its own kind, and not beside the program.
        if (!OperatingSystem.IsWindows()) Assert.False(File.Exists(Path.Combine(program, "bin", "Debug", "net10.0", "onnxruntime.dll")));
    }

    private async Task AnswersOverHttp(string folder)
    {
        string hive = Path.Combine(folder, "hive");
        string package = Path.Combine(products.Feed, $"Graft.Templates.{PackedProducts.Fact("Version")}.nupkg");
        products.Run(folder, "dotnet", "new", "install", package, "--debug:custom-hive", hive).Ok();
        products.Run(folder, "dotnet", "new", "graft-service", "--output", "Mine", "--debug:custom-hive", hive).Ok();
        string project = Path.Combine(folder, "Mine", "Mine");
        products.Run(project, "dotnet", "build").Ok();
        string program = Path.Combine(project, "bin", "Debug", "net10.0", OperatingSystem.IsWindows() ? "Mine.exe" : "Mine");
        ProcessStartInfo start = new(program, ["--urls", "http://127.0.0.1:0", "--Graft:Models:reviews", Path.Combine(folder, "run")])
        {
            WorkingDirectory = project, // where appsettings.json lies
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using Process service = Process.Start(start)!;
        try
        {
            StringBuilder said = new();
            string? line;
            Match listening = Match.Empty;
            while (!listening.Success && (line = await service.StandardOutput.ReadLineAsync().ConfigureAwait(true)) is not null)
            {
                said.AppendLine(line);
                listening = Address().Match(line);
            }

            Assert.True(listening.Success, said.ToString());
            using HttpClient client = new() { BaseAddress = new Uri(listening.Value) };
            using StringContent question = new("""{"inputs": "wonderful"}""", Encoding.UTF8, "application/json");
            using HttpResponseMessage answer = await client.PostAsync("/predict", question).ConfigureAwait(true);
            string body = await answer.Content.ReadAsStringAsync().ConfigureAwait(true);
            Assert.True(answer.IsSuccessStatusCode, body);
            Assert.Contains("\"label\":\"p", body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        }
        finally
        {
            service.Kill(entireProcessTree: true);
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Address();
}
