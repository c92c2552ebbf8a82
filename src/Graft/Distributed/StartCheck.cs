namespace Graft.Distributed;

/// <summary>
/// Before a run begins: what must be equal on all ranks is. Ranks that differ would compute other gradients, and nobody would notice.
/// </summary>
internal static class StartCheck
{
    private const int MostShown = 80;

    /// <summary>Compares every rank with rank 0.</summary>
    /// <param name="processes">The ranks.</param>
    /// <param name="facts">What must be equal, with this rank's value.</param>
    /// <exception cref="InputException">A rank differs, on all ranks: it is named, with what it has.</exception>
    public static void Require(IProcessGroup processes, IReadOnlyList<(string What, string Value)> facts)
    {
        if (processes.Size == 1) return;
        foreach ((string what, string value) in facts)
        {
            string shown = value.Length > MostShown ? value[..MostShown] + " …" : value;
            string[] all = RankTexts.Gather(processes, Sha256.Of(value) + shown);
            int other = Array.FindIndex(all, text => text != all[0]);
            if (other > 0)
                throw new InputException(
                    $"rank {other} differs from rank 0 in its {what}: {all[other][64..]} where rank 0 has {all[0][64..]}; all ranks "
                        + $"need the same program, options, data and kind of processor"
                );
        }
    }
}
