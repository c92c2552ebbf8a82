namespace Graft.Corpus;

/// <summary>Both halves of every source.</summary>
internal sealed class SplitWriters : IDisposable
{
    private readonly SplitWriter[] _train, _heldOut;

    public SplitWriters(CorpusOptions options, string folder, bool wide, BuildState state)
    {
        _train = [.. options.Sources.Select((_, i) => new SplitWriter(folder, Name(i, heldOut: false), wide, state.Sources[i].Train))];
        _heldOut = [.. options.Sources.Select((_, i) => new SplitWriter(folder, Name(i, heldOut: true), wide, state.Sources[i].HeldOut))];
    }

    /// <summary>What the files of a source's half are called.</summary>
    public static string Name(int source, bool heldOut) => $"{(heldOut ? "held-out" : "train")}-{source}";

    public SplitWriter For(int source, bool heldOut) => (heldOut ? _heldOut : _train)[source];

    public void Flush()
    {
        foreach (SplitWriter writer in _train.Concat(_heldOut)) writer.Flush();
    }

    public void Dispose()
    {
        foreach (SplitWriter writer in _train.Concat(_heldOut)) writer.Dispose();
    }
}
