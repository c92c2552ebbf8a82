namespace Graft.Torch.Compute;

/// <summary>The numbers that linear layers multiply; sums, weights, moments, norms, softmax and loss are fp32 always.</summary>
public enum Precision
{
    /// <summary>32 bits.</summary>
    Fp32,

    /// <summary>bfloat16 operands, fp32 sums inside the product: twice as fast on some processors, slower on others.</summary>
    Bf16,
}

/// <summary>Names of precisions as options spell them.</summary>
public static class Precisions
{
    /// <summary>The precision of a name, where this processor gains by it.</summary>
    /// <exception cref="InputException">The name is neither "fp32" nor "bf16", or bfloat16 is not faster on this processor.</exception>
    public static Precision Parse(string name) =>
        name switch
        {
            "fp32" => Precision.Fp32,
            "bf16" when Bf16.IsFast => Precision.Bf16,
            "bf16" => throw new InputException(
                "precision",
                name,
                $"fp32: bfloat16 is not faster on this processor (it needs AMX, or avx512_bf16 of AMD; found {Bf16.Found})"
            ),
            _ => throw new InputException("precision", name, "fp32 or bf16"),
        };
}
