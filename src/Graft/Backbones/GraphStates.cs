using Graft.Graphs;

namespace Graft.Backbones;

/// <summary>What a backbone's graph gives.</summary>
/// <param name="LastHiddenState">[B, T, D].</param>
/// <param name="PoolerOutput">[B, D]; null where the family or the head has no pooler.</param>
internal sealed record GraphStates(Value LastHiddenState, Value? PoolerOutput = null);
