namespace Graft.Torch.Compute;

/// <summary>The numbers that linear layers multiply in training; sums, weights, moments, norms, softmax and loss are fp32 always.</summary>
public enum Precision
{
    /// <summary>32 bits.</summary>
    Fp32,

    /// <summary>bfloat16 operands, fp32 sums inside the product: twice as fast on some processors, slower on others.</summary>
    Bf16,
}
