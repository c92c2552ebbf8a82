namespace Graft.StaticModels;

/// <summary>How a static model is made of a teacher.</summary>
public sealed record StaticDistillationOptions
{
    /// <summary>A run folder or a model folder.</summary>
    public required string Teacher { get; init; }

    /// <summary>The folder that is written.</summary>
    public required string Output { get; init; }

    /// <summary>A file of texts without labels, like those that the model will see; null for none.</summary>
    public string? Unlabelled { get; init; }

    /// <summary>Values in a token's vector.</summary>
    /// <value>256, or as many as the teacher's have where those are fewer.</value>
    public int Dimensions { get; init; } = 256;

    /// <summary>Passes over the texts on which vectors follow the teacher; 0: vectors are not tuned.</summary>
    /// <value>8</value>
    public int Epochs { get; init; } = 8;

    /// <summary>The seed of everything random.</summary>
    /// <value>42</value>
    public ulong Seed { get; init; } = 42;

    /// <summary>Replace a run that is in the folder.</summary>
    /// <value>False</value>
    public bool Overwrite { get; init; }

    /// <summary>How it was asked for; null where it was not by command.</summary>
    public string? CommandLine { get; init; }

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">Names the option, its value and what is allowed.</exception>
    public void Validate()
    {
        if (Dimensions is < 2 or > 8192) throw new InputException("dimensions", $"{Dimensions}", "2 to 8192");
        if (Epochs is < 0 or > 1000) throw new InputException("epochs", $"{Epochs}", "0 to 1000");
    }
}
