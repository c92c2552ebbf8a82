using System.Globalization;
using Graft.Torch.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Layers;

/// <summary>Rows that are looked up by id.</summary>
public sealed partial class EmbeddingTable : Layer
{
    private readonly long? _paddingIdx;
    private readonly string _what;

    /// <param name="what">What a row stands for, for messages: "token id", "position" …</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="width">D.</param>
    /// <param name="deviation">The standard deviation of the first draws.</param>
    /// <param name="paddingIdx">A row that begins at zero and never receives a gradient from a lookup.</param>
    /// <param name="cutoff">Draws beyond this many standard deviations are drawn again; 0 for none.</param>
    public EmbeddingTable(string what, long rows, long width, double deviation, long? paddingIdx = null, double cutoff = 0)
    {
        _what = what;
        _paddingIdx = paddingIdx is >= 0 && paddingIdx < rows ? paddingIdx : null;
        Weight = Declare("weight", [rows, width], new Init(deviation, Cutoff: cutoff, ZeroRow: _paddingIdx));
    }

    /// <summary>[rows, D].</summary>
    public Parameter Weight { get; private set; }

    /// <summary>Uses another table's rows from now on, and trains them with it.</summary>
    public void ShareWith(EmbeddingTable other)
    {
        Replace("weight", other.Weight);
        Weight = other.Weight;
    }

    /// <summary>The number of them.</summary>
    public long Rows => Weight.shape[0];

    /// <summary>D.</summary>
    public long Width => Weight.shape[1];

    /// <summary>[…] → […, D].</summary>
    /// <exception cref="InputException">An id is beyond the table.</exception>
    public Tensor Forward(Tensor ids)
    {
        using (Tensor least = ids.min())
        using (Tensor most = ids.max())
        {
            long wrong = least.item<long>() < 0 ? least.item<long>() : most.item<long>();
            if (wrong < 0 || wrong >= Rows)
                throw new InputException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{_what} {wrong}: the model's table has rows 0 to {Rows - 1}; the tokenizer belongs to another model"
                    )
                );
        }

        return Ops.Embedding(ids, Weight, _paddingIdx);
    }
}
