namespace Graft;

/// <summary>
/// How an engine computes: a type of its own for each (of libtorch <c>ComputeContext</c>: precision, library, threads, device). An engine
/// refuses those of another.
/// </summary>
public interface IComputeOptions
{
}
