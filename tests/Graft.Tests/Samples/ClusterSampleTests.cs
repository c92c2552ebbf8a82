using System.Text.RegularExpressions;

namespace Graft.Tests.Samples;

/// <summary>
/// Scripts and manifests for clusters: their fields are those that the interfaces define, their shell is sound, and their commands are
/// graft's own.
/// </summary>
public sealed partial class ClusterSampleTests
{
    // The keys of each kind that the samples may use, by the path to them: batch/v1 Job (Kubernetes 1.29 and later) and
    // kubeflow.org/v2beta1 MPIJob.
    private static readonly Dictionary<string, string[]> s_fields = new(StringComparer.Ordinal)
    {
        [""] = ["apiVersion", "kind", "metadata", "spec"],
        ["metadata"] = ["name", "namespace", "labels", "annotations"],
        ["spec"] =
        [
            "completionMode",
            "completions",
            "parallelism",
            "backoffLimit",
            "backoffLimitPerIndex",
            "maxFailedIndexes",
            "podFailurePolicy",
            "activeDeadlineSeconds",
            "ttlSecondsAfterFinished",
            "template",
            "slotsPerWorker",
            "mpiImplementation",
            "runPolicy",
            "mpiReplicaSpecs",
            "sshAuthMountPath",
            "launcherCreationPolicy",
        ],
        ["spec.podFailurePolicy"] = ["rules"],
        ["spec.podFailurePolicy.rules"] = ["action", "onExitCodes", "onPodConditions"],
        ["spec.podFailurePolicy.rules.onExitCodes"] = ["containerName", "operator", "values"],
        ["spec.podFailurePolicy.rules.onPodConditions"] = ["type", "status"],
        ["spec.runPolicy"] =
        [
            "cleanPodPolicy",
            "backoffLimit",
            "activeDeadlineSeconds",
            "ttlSecondsAfterFinished",
            "suspend",
            "schedulingPolicy",
        ],
        ["spec.mpiReplicaSpecs"] = ["Launcher", "Worker"],
        ["replica"] = ["replicas", "restartPolicy", "template"],
        ["template"] = ["metadata", "spec"],
        ["template.spec"] =
        [
            "restartPolicy",
            "containers",
            "initContainers",
            "volumes",
            "terminationGracePeriodSeconds",
            "nodeSelector",
            "tolerations",
        ],
        ["template.spec.containers"] = ["name", "image", "command", "args", "env", "resources", "volumeMounts", "workingDir"],
        ["template.spec.containers.env"] = ["name", "value", "valueFrom"],
        ["template.spec.containers.resources"] = ["requests", "limits"],
        ["template.spec.containers.resources.requests"] = ["cpu", "memory"],
        ["template.spec.containers.resources.limits"] = ["cpu", "memory"],
        ["template.spec.containers.volumeMounts"] = ["name", "mountPath", "readOnly"],
        ["template.spec.volumes"] = ["name", "persistentVolumeClaim", "hostPath", "emptyDir"],
        ["template.spec.volumes.persistentVolumeClaim"] = ["claimName", "readOnly"],
    };

    private static string Folder => Path.Combine(TestData.Root, "samples", "cluster");

    [Theory]
    [InlineData("predict-job.yaml", "batch/v1", "Job")]
    [InlineData("pretrain-mpijob.yaml", "kubeflow.org/v2beta1", "MPIJob")]
    public void EveryFieldIsOneThatTheInterfaceDefines(string file, string version, string kind)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Folder, file));
        Assert.Contains($"apiVersion: {version}", lines);
        Assert.Contains($"kind: {kind}", lines);
        List<(int Indent, string Key)> path = [];
        foreach (string line in lines)
        {
            if (line.TrimStart().StartsWith('#') || Field().Match(line) is not { Success: true } field) continue;
            int indent = field.Groups["indent"].Length;
            while (path.Count > 0 && path[^1].Indent >= indent) path.RemoveAt(path.Count - 1);
            string parent = Place(string.Join('.', path.Select(part => part.Key)));
            Assert.True(s_fields.TryGetValue(parent, out string[]? known), $"{file}: nothing is known of {parent}");
            Assert.True(
                known.Contains(field.Groups["key"].Value, StringComparer.Ordinal),
                $"{file}: {parent} has no field {field.Groups["key"].Value}"
            );
            path.Add((indent, field.Groups["key"].Value));
        }
    }

    [Theory]
    [InlineData("predict.sbatch")]
    [InlineData("pretrain.sbatch")]
    public void ScriptsAreSoundAndHaveTheirOptionsInFront(string file)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the scripts are written for bash");
        using System.Diagnostics.Process check = System.Diagnostics.Process.Start("bash", ["-n", Path.Combine(Folder, file)]);
        check.WaitForExit();
        Assert.Equal(0, check.ExitCode);
        string[] lines = File.ReadAllLines(Path.Combine(Folder, file));
        int firstCommand = Array.FindIndex(lines, line => line.Length > 0 && line[0] != '#');
        Assert.All(lines.Skip(firstCommand), line =>
            Assert.False(line.StartsWith("#SBATCH", StringComparison.Ordinal), $"SLURM does not read {line}")
        );
        string[] known =
        [
            "job-name",
            "array",
            "nodes",
            "ntasks",
            "ntasks-per-node",
            "cpus-per-task",
            "mem",
            "time",
            "requeue",
            "signal",
            "open-mode",
        ];
        Assert.All(lines.Where(line => line.StartsWith("#SBATCH", StringComparison.Ordinal)), line =>
            Assert.Contains(line["#SBATCH --".Length..].Split('=')[0], known)
        );
    }

    [Fact]
    public void ExitCodesAreGraftsOwn()
    {
        string job = File.ReadAllText(Path.Combine(Folder, "predict-job.yaml"));
        Assert.Matches(@"action: FailJob\s+onExitCodes:\s+containerName: graft\s+operator: In\s+values: \[2\]", job);
        Assert.Matches(@"action: Ignore\s+onExitCodes:\s+containerName: graft\s+operator: In\s+values: \[143\]", job);
        string script = File.ReadAllText(Path.Combine(Folder, "pretrain.sbatch"));
        Assert.Contains("-eq 143", script, StringComparison.Ordinal);
        Assert.Contains("-eq 75", script, StringComparison.Ordinal);
    }

    /// <summary>Every flag of graft that a sample gives is one that the command has.</summary>
    [Fact]
    public void EveryFlagIsOneOfTheCommands()
    {
        Dictionary<string, string> help = new(StringComparer.Ordinal);
        foreach (string file in Directory.GetFiles(Folder).Where(file => !file.EndsWith(".md", StringComparison.Ordinal)))
        {
            string text = File.ReadAllText(file).Replace("\\\n", " ", StringComparison.Ordinal);
            string command = text.Contains("pretrain", StringComparison.Ordinal) ? "pretrain" : "predict";
            if (!help.TryGetValue(command, out string? known))
                help[command] = known = Graft.Tests.Cases.GraftProcess.Run([command, "--help"], Folder).Output;
            IEnumerable<string> lines = text.Split('\n').Where(line => !line.StartsWith('#'));
            foreach (string line in lines)
            {
                int start = line.IndexOf("graft", StringComparison.Ordinal);
                string arguments =
                    line.TrimStart().StartsWith("args:", StringComparison.Ordinal)
                    || line.TrimStart().StartsWith("\"--", StringComparison.Ordinal)
                        ? line
                    : start >= 0 && line.Contains($"graft {command}", StringComparison.Ordinal) ? line[start..]
                    : "";
                foreach (Match flag in Flag().Matches(arguments).Where(flag => flag.Value is not "--bind-to"))
                    Assert.Contains(flag.Value, known, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Where a field stands, replicas' and pods' parts by their own names.</summary>
    private static string Place(string path)
    {
        if (path is "spec.mpiReplicaSpecs.Launcher" or "spec.mpiReplicaSpecs.Worker") return "replica";
        int template = path.IndexOf("template", StringComparison.Ordinal);
        return template >= 0 ? path[template..] : path;
    }

    [GeneratedRegex(@"^(?<indent>\s*(- )?)(?<key>[A-Za-z]+):", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Field();

    [GeneratedRegex("--[a-z][a-z-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Flag();
}
