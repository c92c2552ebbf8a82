namespace Graft.Parity;

/// <summary>How far one group of numbers (outputs, gradients …) is from the reference.</summary>
/// <param name="Name">"outputs", "loss", "gradients", "step3", "step3 of zero gradients" …</param>
/// <param name="LargestDifference">Absolute; gradients relative to the larger of 1 and the tensor's largest gradient.</param>
/// <param name="Tolerance">What is allowed.</param>
/// <param name="Worst">The tensor with the largest difference.</param>
/// <param name="Tensors">How many were compared.</param>
public sealed record ParityGroup(string Name, double LargestDifference, double Tolerance, string Worst, int Tensors)
{
    /// <summary>True where the difference is allowed; not a number is not.</summary>
    public bool Passed => LargestDifference <= Tolerance;
}

/// <summary>One case's result.</summary>
/// <param name="Path">The folder.</param>
/// <param name="Kind">What was run: the head's class, or another kind of reference.</param>
/// <param name="Groups">The differences.</param>
/// <param name="Error">Why it could not be run; null when it ran.</param>
public sealed record ParityReport(string Path, string Kind, IReadOnlyList<ParityGroup> Groups, string? Error = null)
{
    /// <summary>True where it ran and every group is within its tolerance.</summary>
    public bool Passed => Error is null && Groups.Count > 0 && Groups.All(group => group.Passed);
}
