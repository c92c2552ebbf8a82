namespace Graft.Torch.Dropout;

/// <summary>What a kernel needs to make the masks of a site again: probability, site and the rows' keys.</summary>
internal sealed class RowDropout
{
    private readonly ulong[] _keys;
    private readonly int _site;

    private RowDropout(ulong[] keys, int site, DropoutMask mask)
    {
        _keys = keys;
        _site = site;
        Mask = mask;
    }

    /// <summary>The mask generator of the probability.</summary>
    public DropoutMask Mask { get; }

    /// <summary>The dropout of a site for so many rows; null where nothing is dropped.</summary>
    public static RowDropout? Of(double probability, DropoutSite site, long rows) =>
        site.Drops(probability) ? new RowDropout(site.Plan!.Keys(rows), site.Number, DropoutMask.Of(probability)) : null;

    /// <summary>The random stream of a row.</summary>
    public ulong Stream(long row) => DropoutMask.Stream(_keys[row], _site);

    /// <summary>The random stream of a row's attention by one head.</summary>
    public ulong Stream(long row, int head) => DropoutMask.Stream(_keys[row], _site, head + 1);
}
