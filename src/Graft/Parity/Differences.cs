using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Parity;

/// <summary>Collects the largest difference of a group of tensors.</summary>
/// <param name="name">The group.</param>
/// <param name="tolerance">What is allowed.</param>
internal sealed class Differences(string name, double tolerance)
{
    private double _largest;
    private string _worst = "";
    private int _tensors;

    /// <summary>Compares all elements, or those where <paramref name="where"/> (broadcast) is true.</summary>
    /// <param name="tensorName">For the report.</param>
    /// <param name="expected">The reference's.</param>
    /// <param name="actual">Graft's.</param>
    /// <param name="scale">The difference is divided by this.</param>
    /// <param name="where">Elements that count.</param>
    public void Add(string tensorName, Tensor expected, Tensor? actual, double scale = 1, Tensor? where = null)
    {
        _tensors++;
        if (actual is null || !actual.shape.SequenceEqual(expected.shape))
        {
            string found = actual is null ? "missing" : $"[{string.Join(", ", actual.shape)}]";
            Record($"{tensorName} ({found} instead of [{string.Join(", ", expected.shape)}])", double.NaN);
            return;
        }

        if (expected.numel() == 0) return;
        using DisposeScope scope = NewDisposeScope();
        Tensor difference = (expected.to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs();
        if (where is not null) difference = difference.masked_fill(where.logical_not().expand_as(difference), 0);
        Record(tensorName, difference.max().item<double>() / scale);
    }

    public void AddTo(List<ParityGroup> groups)
    {
        if (_tensors > 0) groups.Add(new ParityGroup(name, _largest, tolerance, _worst, _tensors));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{name} {_largest:g3} ({_worst})");

    private void Record(string tensorName, double difference)
    {
        if (difference <= _largest || double.IsNaN(_largest)) return; // not a number is larger than all
        (_largest, _worst) = (difference, tensorName);
    }
}
