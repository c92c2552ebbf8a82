using System.Globalization;
using Google.Protobuf;
using Graft.Runs;
using Onnx;

namespace Graft.Export;

/// <summary>Writes a graph: one file, or above 2 GB (protobuf's limit) the graph and beside it the weights.</summary>
internal static class OnnxFile
{
    /// <summary>From so many bytes of weights on they lie in a file of their own.</summary>
    private const long LargestFile = 1_900_000_000;

    private const int Alignment = 64, SmallTensor = 1024;

    /// <summary>Writes <c>model.onnx</c>, and <c>model.onnx_data</c> where it is asked for or needed.</summary>
    /// <param name="model">The graph; its weights are taken out where they get a file of their own.</param>
    /// <param name="folder">Where.</param>
    /// <param name="external">Weights in a file of their own, however few.</param>
    /// <exception cref="RunFailedException">The folder cannot be written.</exception>
    public static void Write(ModelProto model, string folder, bool external = false)
    {
        if (external || model.Graph.Initializer.Sum(tensor => (long)tensor.RawData.Length) > LargestFile)
            AtomicFile.Write(Path.Combine(folder, ExportManifest.DataFile), stream => MoveWeights(model, stream));
        AtomicFile.Write(Path.Combine(folder, ExportManifest.ModelFile), stream => model.WriteTo(stream));
    }

    private static void MoveWeights(ModelProto model, Stream stream)
    {
        long offset = 0;
        foreach (TensorProto tensor in model.Graph.Initializer.Where(tensor => tensor.RawData.Length > SmallTensor))
        {
            int gap = (int)((Alignment - (offset % Alignment)) % Alignment);
            stream.Write(new byte[gap]);
            stream.Write(tensor.RawData.Span);
            offset += gap;
            tensor.DataLocation = TensorProto.Types.DataLocation.External;
            Entry("location", ExportManifest.DataFile);
            Entry("offset", offset.ToString(CultureInfo.InvariantCulture));
            Entry("length", tensor.RawData.Length.ToString(CultureInfo.InvariantCulture));
            offset += tensor.RawData.Length;
            tensor.ClearRawData();

            void Entry(string key, string value) => tensor.ExternalData.Add(new StringStringEntryProto { Key = key, Value = value });
        }
    }
}
