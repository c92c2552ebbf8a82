namespace Graft.Layers;

/// <summary>The numbers of the places that drop: each layer has a range of its own, the rest come first.</summary>
public static class DropoutSites
{
    private const int PerLayer = 8;

    /// <summary>The embeddings.</summary>
    public const int Embeddings = 0;

    /// <summary>Before a head's last matrix.</summary>
    public const int Head = 1;

    /// <summary>Before a head's transform.</summary>
    public const int HeadHidden = 2;

    /// <summary>After the last layer.</summary>
    public const int FinalStates = 3;

    /// <summary>A table of distances.</summary>
    public const int RelativeEmbeddings = 4;

    /// <summary>The decoder's places outside its layers.</summary>
    public const int DecoderEmbeddings = 5, DecoderFinalStates = 6;

    /// <summary>The first number of a layer.</summary>
    public static int Layer(int index) => PerLayer * (index + 1);
}
