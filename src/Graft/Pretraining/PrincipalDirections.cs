using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>How a wide teacher's vectors are turned to a narrower student's width.</summary>
internal static class PrincipalDirections
{
    /// <summary>The directions that keep most of the variance: [rows, D], centred → [D, width], orthonormal, the weakest first.</summary>
    public static Tensor Of(Tensor centred, int width)
    {
        (_, Tensor vectors) = linalg.eigh(centred.transpose(0, 1).mm(centred) / centred.shape[0]); // eigenvalues ascend
        return vectors.narrow(1, vectors.shape[1] - width, width).contiguous();
    }
}
