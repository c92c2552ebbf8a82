namespace Graft.Runs;

/// <summary>A value and why it was chosen, for the log and <c>graft.json</c>.</summary>
/// <param name="Value">The value.</param>
/// <param name="Reason">One short sentence.</param>
public readonly record struct Resolved<T>(T Value, string Reason);
