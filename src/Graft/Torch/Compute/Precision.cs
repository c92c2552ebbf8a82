namespace Graft.Torch.Compute;

/// <summary>The numbers that linear layers multiply; sums, weights, moments, norms, softmax and loss are fp32 always.</summary>
public enum Precision
{
    /// <summary>32 bits.</summary>
    Fp32,

    /// <summary>bfloat16 operands, fp32 sums inside the product: twice as fast on some processors, slower on others.</summary>
    Bf16,

    /// <summary>
    /// Weights and inputs of the backbone's matrices in 8 bits, sums of 32 bits, each input row by its own range: for answers only, three
    /// to four times as fast a product on processors with VNNI or AMX. Attention, norms, softmax and heads stay fp32.
    /// </summary>
    Int8,
}

/// <summary>Names of precisions as options spell them.</summary>
public static class Precisions
{
    /// <summary>The precision of a name for training, where this processor gains by it.</summary>
    /// <exception cref="InputException">The name is no precision for training, or bfloat16 is not faster on this processor.</exception>
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
            "int8" => throw new InputException("precision", name, "fp32 or bf16: 8 bits are for answers, not for training"),
            _ => throw new InputException("precision", name, "fp32 or bf16"),
        };

    /// <summary>The precision of a name for answers, where this processor gains by it.</summary>
    /// <exception cref="InputException">The name is no precision, or this processor gains nothing by it.</exception>
    public static Precision ParseForAnswers(string name)
    {
        if (name is "fp32" or "bf16") return Parse(name);
        if (name is not "int8") throw new InputException("precision", name, "fp32, bf16 or int8");
        Int8.Require();
        return Precision.Int8;
    }
}
