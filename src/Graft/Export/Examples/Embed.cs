// Vectors with this folder on ONNX Runtime: dotnet add package Graft.Onnx
using Graft.Inference;

internal static class EmbedExample
{
    public static void Compare(string folder, string first, string second)
    {
        using Embedder embedder = Embedder.Load(folder);
        Console.WriteLine($"{Embedder.Cosine(embedder.Embed(first), embedder.Embed(second)):0.000}");
    }
}
