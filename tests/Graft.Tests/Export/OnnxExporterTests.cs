using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Export;
using Graft.Graphs;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Runs;
using Graft.Tasks;
using Graft.Tasks.SequenceClassification;
using Graft.Tests.Contracts;
using Graft.Tests.Tasks;
using Graft.Torch;
using Graft.Torch.Compute;
using Onnx;

namespace Graft.Tests.Export;

/// <summary>Exported folders as users have them: from a run, opened again, in 8 bits, damaged.</summary>
public sealed class OnnxExporterTests : IDisposable
{
    private readonly TinyBert _tiny = new();

    private string Exported => _tiny.PathOf("exported");

    public void Dispose() => _tiny.Dispose();

    [Fact]
    public void ARunAnswersTheSameWithWhatItDecided()
    {
        string run = Run();
        OnnxExporter.Export(run, Exported, new OnnxExportOptions { Graph = OnnxGraph.Fused });
        foreach (string file in new[] { "model.onnx", "config.json", "vocab.txt", "graft.json", "onnx.json", "example.cs" })
            Assert.True(File.Exists(Path.Combine(Exported, file)), file);
        Assert.False(File.Exists(Path.Combine(Exported, "model.safetensors")));
        string dev = _tiny.PathOf("dev.tsv");
        RunEvaluation expected = RunEvaluation.Evaluate(run, dev, calibrated: true),
            actual = RunEvaluation.Evaluate(Exported, dev, calibrated: true);
        for (int i = 0; i < expected.Examples; i++)
        {
            (ClassPrediction wanted, ClassPrediction found) = (
                (ClassPrediction)expected.Runs[0].Predictions[i],
                (ClassPrediction)actual.Runs[0].Predictions[i]
            );
            for (int label = 0; label < 2; label++)
                Assert.Equal(wanted.Probabilities[label], found.Probabilities[label], 1e-4);
        }

        Assert.Equal(expected.Scores[0].Interval, actual.Scores[0].Interval);
        PredictExample.Answer(Exported, "the film was good .", "bad");
    }

    [Fact]
    public void EightBitsAreMeasuredAndHoldTheirBound()
    {
        string run = Run();
        List<string> notes = [];
        ExportManifest written = OnnxExporter.Export(run, Exported, new OnnxExportOptions { Precision = OnnxPrecision.Int8 }, notes.Add);
        Assert.NotNull(written.Loss);
        Assert.Equal("accuracy", written.Loss.Metric);
        Assert.InRange(written.Loss.Lost, -1, 0.005);
        Assert.NotEmpty(notes);
        Assert.Contains("classifier", written.KeptLayers);
        Assert.True(written.OneTextARun);
        Assert.Equal(written.Loss, ExportManifest.Read(Exported).Loss);
        using Predictor predictor = Predictor.Load(Exported);
        double[] alone = ((ClassPrediction)predictor.Predict("the film was good .")).Probabilities;
        double[] beside = (
            (ClassPrediction)predictor.Predict([("the film was good .", null), ("and the story and the story was awful ?", null)])[0]
        ).Probabilities;
        Assert.Equal(alone, beside);
    }

    [Fact]
    public void LayersGoBackToFloatingPointUntilTheLossHolds()
    {
        string run = Run();
        Assert.Throws<InputException>(() => OnnxExporter.Export(run, Exported, new OnnxExportOptions { MaxLoss = -1 }));
        string texts = _tiny.Write("texts.txt", ["the film was good .", "anna lives in rome .", "who lives in lima ?"]);
        List<string> notes = [];
        OnnxExportOptions options = new() { Precision = OnnxPrecision.Int8, Evaluation = texts, MaxLoss = 1 };
        ExportManifest all = OnnxExporter.Export(_tiny.ModelFolder, Exported, options, notes.Add);
        Assert.Equal("cosine", all.Loss!.Metric);
        Assert.Empty(all.KeptLayers);
        ExportManifest written = OnnxExporter.Export(_tiny.ModelFolder, Exported, options with { MaxLoss = all.Loss.Lost / 2 }, notes.Add);
        Assert.InRange(written.Loss!.Lost, -1e-6, all.Loss.Lost / 2);
        Assert.NotEmpty(written.KeptLayers);
        Assert.Contains(notes, note => note.Contains("cosine", StringComparison.Ordinal));
    }

    [Fact]
    public void AnEmbeddingModelIsExportedWithItsPooling()
    {
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        using Embedder expected = Embedder.Load(_tiny.ModelFolder), actual = Embedder.Load(Exported);
        string[] texts = ["good", "anna lives in rome and omar lives in oslo .", "who ?"];
        IReadOnlyList<float[]> wanted = expected.Embed(texts).Vectors, found = actual.Embed(texts).Vectors;
        for (int i = 0; i < texts.Length; i++)
        {
            for (int d = 0; d < wanted[i].Length; d++) Assert.Equal(wanted[i][d], found[i][d], 1e-4f);
        }

        InputException refused = Assert.Throws<InputException>(() => Embedder.Load(Exported, new EmbedderOptions { Normalize = true }));
        Assert.Contains("vectors", refused.Message, StringComparison.Ordinal);
        EmbedExample.Compare(Exported, "good", "lovely");
    }

    [Fact]
    public void JoinedPoolingsAndModulesWithWeightsAreInTheGraph()
    {
        string folder = _tiny.PathOf("sentences");
        TinyFamily.Create(folder, "bert", HeadKinds.Embedding); // 24 wide
        string Module(string name) => Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
        File.WriteAllText(
            Path.Combine(Module("1_Pooling"), "config.json"),
            """{"embedding_dimension": 24, "pooling_mode": ["max", "cls", "weightedmean"]}"""
        );
        EmbeddingModules.Write(
            Module("2_LayerNorm"),
            new LayerNormStep([.. Enumerable.Range(0, 72).Select(i => 1 + (i / 100f))], [.. Enumerable.Range(0, 72).Select(i => i / 50f)])
        );
        EmbeddingModules.Write(
            Module("3_Dense"),
            new DenseStep(
                [.. Enumerable.Range(0, 5 * 72).Select(i => MathF.Sin(i) / 4)],
                5,
                [0.1f, -0.2f, 0.3f, 0, 0.5f],
                Activation.Tanh,
                "torch.nn.modules.activation.Tanh"
            )
        );
        string[] modules = ["Transformer", "Pooling", "LayerNorm", "Dense", "Normalize"];
        File.WriteAllText(
            Path.Combine(folder, "modules.json"),
            new JsonArray([
                .. modules.Select((name, i) =>
                    (JsonNode)new JsonObject { ["path"] = i == 0 ? "" : $"{i}_{name}", ["type"] = "sentence_transformers.models." + name }
                ),
            ]).ToJsonString()
        );
        string[] texts = ["good", "anna lives in rome and omar lives in oslo .", "who ?"];
        using Embedder exact = Embedder.Load(folder);
        IReadOnlyList<float[]> wanted = exact.Embed(texts).Vectors;
        foreach (OnnxPrecision precision in new[] { OnnxPrecision.Fp32, OnnxPrecision.Fp16 })
        {
            OnnxExporter.Export(folder, Exported, new OnnxExportOptions { Graph = OnnxGraph.Fused, Precision = precision });
            using Embedder exported = Embedder.Load(Exported);
            Assert.Equal(5, exported.Dimensions);
            Assert.Equal(exact.Poolings, exported.Poolings);
            IReadOnlyList<float[]> found = exported.Embed(texts).Vectors;
            for (int i = 0; i < texts.Length; i++)
            {
                for (int d = 0; d < 5; d++) Assert.Equal(wanted[i][d], found[i][d], precision == OnnxPrecision.Fp32 ? 1e-5f : 5e-3f);
            }
        }

        InputException refused = Assert.Throws<InputException>(() =>
            Embedder.Load(Exported, new EmbedderOptions { Pooling = EmbeddingPooling.Mean })
        );
        Assert.Contains(string.Join('+', exact.Poolings), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void HalfPrecisionHalvesTheFile()
    {
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        long whole = new FileInfo(Path.Combine(Exported, "model.onnx")).Length;
        OnnxExporter.Export(_tiny.ModelFolder, Exported, new OnnxExportOptions { Precision = OnnxPrecision.Fp16 });
        Assert.InRange(new FileInfo(Path.Combine(Exported, "model.onnx")).Length, 1, (long)(0.7 * whole));
        using Embedder expected = Embedder.Load(_tiny.ModelFolder), actual = Embedder.Load(Exported);
        Assert.InRange(Embedder.Cosine(expected.Embed("the film was good ."), actual.Embed("the film was good .")), 0.9999, 1);
    }

    [Fact]
    public void WeightsMayLieInAFileOfTheirOwn()
    {
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        float[] expected, actual;
        using (Embedder embedder = Embedder.Load(Exported)) expected = embedder.Embed("the film was good .");
        OnnxExporter.Export(_tiny.ModelFolder, Exported, new OnnxExportOptions { ExternalData = true });
        Assert.Equal(["model.onnx", "model.onnx_data"], ExportManifest.Read(Exported).Files.Select(file => file.Name));
        using (Embedder embedder = Embedder.Load(Exported)) actual = embedder.Embed("the film was good .");
        Assert.Equal(expected, actual);
        File.AppendAllText(Path.Combine(Exported, "model.onnx_data"), " ");
        Assert.Contains("model.onnx_data", Assert.Throws<InputException>(() => Embedder.Load(Exported)).Message, StringComparison.Ordinal);
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        Assert.False(File.Exists(Path.Combine(Exported, "model.onnx_data")));
    }

    [Fact]
    public void AnExportThatIsStoppedLeavesWhatWasThereBefore()
    {
        string texts = _tiny.Write("texts.txt", ["the film was good .", "anna lives in rome .", "who lives in lima ?"]);
        string[] before = Names(_tiny.Folder);
        Assert.Throws<OperationCanceledException>(StoppedOnnx);
        Assert.Equal(before, Names(_tiny.Folder));
        if (Int8.IsFast)
        {
            using CancellationTokenSource stop = new();
            Assert.Throws<OperationCanceledException>(() =>
                Int8Exporter.Export(_tiny.ModelFolder, Exported, texts, 0, _ => stop.Cancel(), stop.Token)
            );
            Assert.Equal(before, Names(_tiny.Folder));
        }

        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        File.WriteAllText(Path.Combine(Exported, "notes.txt"), "mine");
        byte[] record = File.ReadAllBytes(Path.Combine(Exported, ExportManifest.FileName));
        string[] exported = Names(Exported);
        Assert.Throws<OperationCanceledException>(StoppedOnnx);
        Assert.Equal(exported, Names(Exported));
        Assert.Equal(record, File.ReadAllBytes(Path.Combine(Exported, ExportManifest.FileName)));
        OnnxExporter.Export(_tiny.ModelFolder, Exported, new OnnxExportOptions { Graph = OnnxGraph.Fused });
        Assert.Equal(exported, Names(Exported));
        Assert.Equal("fused", ExportManifest.Read(Exported).Graph);

        void StoppedOnnx()
        {
            using CancellationTokenSource stop = new();
            OnnxExportOptions options = new() { Precision = OnnxPrecision.Int8, Evaluation = texts, MaxLoss = 0 };
            OnnxExporter.Export(_tiny.ModelFolder, Exported, options, _ => stop.Cancel(), stop.Token);
        }

        static string[] Names(string folder) => [.. Directory.EnumerateFileSystemEntries(folder).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void ADamagedOrHostileFolderIsRefusedInOneLine()
    {
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        string path = Path.Combine(Exported, "model.onnx");
        byte[] sound = File.ReadAllBytes(path);
        Refused(() => File.WriteAllBytes(path, sound[..(sound.Length / 2)]), "bytes");
        Refused(
            () => File.WriteAllBytes(path, [.. sound.Select((value, i) => i == sound.Length / 2 ? (byte)(value ^ 1) : value)]),
            "checksum"
        );
        Refused(() => File.Delete(path), "no such file");
        Refused(() => Rewrite(graph => graph.Node.RemoveAt(2)), "model.onnx");
        Refused(() => Rewrite(graph => graph.Node[3].Input[0] = graph.Node[^1].Output[0]), "model.onnx"); // a circle
        Refused(() => Rewrite(graph => graph.Input[0].Name = "text"), "model.onnx");
        Refused(() => Rewrite(graph => graph.Output[1].Name = "vector"), "model.onnx");
        Refused(() => Rewrite(graph => External(graph, "../../outside.bin")), "model.onnx");
        Refused(() => Rewrite(graph => External(graph, "/etc/passwd")), "model.onnx");
        Refused(() => Rewrite(graph => External(graph, "absent.bin")), "model.onnx");
        Refused(() => Rewrite(graph => graph.Initializer[0].Dims[0] = 1L << 40), "model.onnx");
        Refused(() => File.WriteAllText(Path.Combine(Exported, "onnx.json"), "{}"), "onnx.json");
        Refused(() => Manifest(json => json["vector_size"] = 7), "32");
        Refused(() => Manifest(json => json["files"]!.AsArray()[0]!["name"] = "../secret"), "secret");

        void Refused(Action damage, string says)
        {
            OnnxExporter.Export(_tiny.ModelFolder, Exported);
            damage();
            InputException refused = Assert.Throws<InputException>(() =>
            {
                using Embedder embedder = Embedder.Load(Exported);
                embedder.Embed("good");
            });
            Assert.Contains(says, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', refused.Message);
        }

        void Rewrite(Action<GraphProto> change)
        {
            ModelProto model = ModelProto.Parser.ParseFrom(sound);
            change(model.Graph);
            OnnxFile.Write(model, Exported);
            ExportManifest.Read(Exported).Write(Exported); // with the new file's own size and checksum: only the graph itself is wrong
        }

        void Manifest(Action<JsonNode> change)
        {
            string file = Path.Combine(Exported, "onnx.json");
            JsonNode json = JsonNode.Parse(File.ReadAllText(file))!;
            change(json);
            File.WriteAllText(file, json.ToJsonString());
        }

        static void External(GraphProto graph, string location)
        {
            TensorProto tensor = graph.Initializer.First(tensor => tensor.RawData.Length > 1000);
            tensor.ClearRawData();
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            tensor.ExternalData.Add(new StringStringEntryProto { Key = "location", Value = location });
        }
    }

    /// <summary>
    /// Random damage to the graph with a manifest that fits it: opened, or refused in one line. GRAFT_FUZZ_ROUNDS sets the number.
    /// </summary>
    [Fact]
    public void RandomDamageIsRefusedOrHarmless()
    {
        int rounds = int.TryParse(Environment.GetEnvironmentVariable("GRAFT_FUZZ_ROUNDS"), out int asked) ? Math.Min(asked, 2000) : 150;
        OnnxExporter.Export(_tiny.ModelFolder, Exported);
        string path = Path.Combine(Exported, "model.onnx");
        byte[] sound = File.ReadAllBytes(path);
        int graphBytes = Math.Min(sound.Length, 30_000); // nodes come first
        CounterRandom random = new(20261130);
        int opened = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] damaged = [.. sound];
            int changes = 1 + random.NextInt(4);
            for (int i = 0; i < changes; i++)
                damaged[random.NextInt(round % 4 == 3 ? sound.Length : graphBytes)] = (byte)random.NextInt(256);
            if (round % 10 == 9)
                damaged = damaged[..(1 + random.NextInt(damaged.Length - 1))];
            File.WriteAllBytes(path, damaged);
            ExportManifest.Read(Exported).Write(Exported);
            try
            {
                using Embedder embedder = Embedder.Load(Exported);
                embedder.Embed("anna lives in rome .");
                opened++;
            }
            catch (InputException refused)
            {
                Assert.DoesNotContain('\n', refused.Message);
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds} mutations, {opened} opened");
        Assert.InRange(opened, 0, rounds - 1);
    }

    private string Run()
    {
        string train = _tiny.Reviews("train.tsv", 120), dev = _tiny.Reviews("dev.tsv", 40, seed: 2);
        return FineTuning.Run(new FineTuningOptions
        {
            Model = _tiny.ModelFolder, Task = new TextClassification(), Train = train, Evaluation = dev, Output = _tiny.PathOf("run"),
            Epochs = 6, LearningRate = 3e-3, BatchSize = 32, Dropout = 0, Encoding = new EncodingOptions { MaxLength = 32 },
        }).Folder;
    }
}
