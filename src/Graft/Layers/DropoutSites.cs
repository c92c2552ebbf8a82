namespace Graft.Layers;

/// <summary>The numbers of the places that drop: each layer has a range of its own, the rest come first.</summary>
internal static class DropoutSites
{
    private const int PerLayer = 8;

    public const int Embeddings = 0, Head = 1, HeadHidden = 2, FinalStates = 3, RelativeEmbeddings = 4;

    /// <summary>The decoder's places outside its layers.</summary>
    public const int DecoderEmbeddings = 5, DecoderFinalStates = 6;

    /// <summary>The first number of a layer.</summary>
    public static int Layer(int index) => PerLayer * (index + 1);
}
