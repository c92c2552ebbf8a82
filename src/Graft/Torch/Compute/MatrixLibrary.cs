namespace Graft.Torch.Compute;

/// <summary>The libraries inside libtorch that multiply fp32 matrices.</summary>
public enum MatrixLibrary
{
    /// <summary>Intel's MKL, what libtorch calls by itself.</summary>
    Mkl,

    /// <summary>oneDNN: faster on many AMD processors.</summary>
    OneDnn,
}
