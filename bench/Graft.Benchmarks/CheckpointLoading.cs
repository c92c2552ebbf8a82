using BenchmarkDotNet.Attributes;
using Graft.Checkpoints;

namespace Graft.Benchmarks;

/// <summary>
/// Opening a file of BERT-base's size and copying all weights into fresh memory, beside a plain copy of as many bytes into memory that is
/// there already.
/// <c>dotnet run -c Release --project bench/Graft.Benchmarks -- --filter '*CheckpointLoading*'</c>
/// </summary>
public class CheckpointLoading
{
    private const int Layers = 12, Width = 768, Inner = 4 * Width, Vocabulary = 30522, Positions = 512;
    private string _path = "";
    private float[] _source = [];
    private float[] _destination = [];

    /// <summary>Writes the file; it stays in the page cache.</summary>
    [GlobalSetup]
    public void WriteFile()
    {
        _path = Path.Combine(Path.GetTempPath(), $"graft-loading-{Environment.ProcessId}.safetensors");
        List<(string Name, long[] Shape)> shapes = [("words", [Vocabulary, Width]), ("positions", [Positions, Width])];
        for (int layer = 0; layer < Layers; layer++)
        {
            for (int i = 0; i < 4; i++) shapes.Add(($"{layer}.attention.{i}", [Width, Width]));
            shapes.Add(($"{layer}.in", [Inner, Width]));
            shapes.Add(($"{layer}.out", [Width, Inner]));
            for (int i = 0; i < 10; i++) shapes.Add(($"{layer}.vector.{i}", [Width]));
        }

        SafetensorsWriter.Write(
            _path,
            shapes.Select(entry =>
                TensorToWrite.FromSingles(entry.Name, entry.Shape, new float[entry.Shape.Aggregate(1L, (product, size) => product * size)])
            )
        );
        using Checkpoint checkpoint = Checkpoint.Open(_path);
        _source = new float[checkpoint.Tensors.Sum(tensor => tensor.ElementCount)];
        _destination = new float[_source.Length];
    }

    /// <summary>Removes the file.</summary>
    [GlobalCleanup]
    public void RemoveFile() => File.Delete(_path);

    /// <summary>The memory bandwidth of this minute.</summary>
    [Benchmark(Baseline = true)]
    public void PlainCopy() => _source.CopyTo(_destination, 0);

    /// <summary>What loading a model does, without the model.</summary>
    [Benchmark]
    public unsafe void OpenAndCopy()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_path);
        foreach (StoredTensor tensor in checkpoint.Tensors)
        {
            void* memory = System.Runtime.InteropServices.NativeMemory.AlignedAlloc((nuint)tensor.ByteCount, 64);
            tensor.CopyTo((float*)memory, tensor.ElementCount);
            System.Runtime.InteropServices.NativeMemory.AlignedFree(memory);
        }
    }
}
