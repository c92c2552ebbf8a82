using Graft.Torch.Kernels;
using Graft.Torch.Products;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Torch.Optimizers;

/// <summary>
/// The orthogonal matrix near to a given one (U·Vᵀ of its singular value decomposition), by the quintic Newton-Schulz iteration
/// X ← a·X + (b·X·Xᵀ + c·(X·Xᵀ)²)·X with Jordan's coefficients: singular values end between about 0.7 and 1.2, which serves as well as 1.
/// </summary>
internal static class Orthogonal
{
    private const double A = 3.4445, B = -4.7750, C = 2.0315;
    private const double Smallest = 1e-7;
    private const double Elongated = 1.5;

    /// <summary>The matrix after so many iterations.</summary>
    /// <param name="matrix">[rows, columns]; not changed.</param>
    /// <param name="iterations">5 in the publication.</param>
    /// <returns>[rows, columns].</returns>
    public static Tensor Nearest(Tensor matrix, int iterations)
    {
        using DisposeScope scope = NewDisposeScope();
        bool isTall = matrix.shape[0] > matrix.shape[1];
        double norm = Math.Max(Smallest, FlatKernels.Norm(matrix.contiguous()));
        Tensor x = ((isTall ? matrix.t() : matrix) / norm).contiguous(); // [s, l], s ≤ l
        x = x.shape[1] >= Elongated * x.shape[0] ? ThroughGram(x, iterations) : Directly(x, iterations);
        return (isTall ? x.t() : x).MoveToOuterDisposeScope();
    }

    private static Tensor Directly(Tensor x, int iterations)
    {
        for (int i = 0; i < iterations; i++)
        {
            Tensor gram = MatrixProduct.Linear(x, x, null); // X·Xᵀ [s, s]
            Tensor next = MatrixProduct.Multiply(Quadratic(gram), x);
            x = next.add_(x, alpha: A);
        }

        return x;
    }

    /// <summary>
    /// The same for elongated matrices, in products of the short side only: every iterate is P·X with P a polynomial in X·Xᵀ, and such
    /// polynomials are symmetric and commute. With Z = a·I + b·R + c·R²: P ← P·Z, R ← Z·R·Z.
    /// </summary>
    private static Tensor ThroughGram(Tensor x, int iterations)
    {
        Tensor gram = MatrixProduct.Linear(x, x, null);
        Tensor? product = null;
        for (int i = 0; i < iterations; i++)
        {
            Tensor z = Quadratic(gram);
            z.diagonal().add_(A);
            product = product is null ? z : MatrixProduct.Linear(product, z, null);
            if (i + 1 < iterations) gram = MatrixProduct.Linear(MatrixProduct.Linear(z, gram, null), z, null);
        }

        return MatrixProduct.Multiply(product!, x);
    }

    /// <summary>b·R + c·R².</summary>
    private static Tensor Quadratic(Tensor gram) => MatrixProduct.Linear(gram, gram, null).mul_(C).add_(gram, alpha: B);
}
