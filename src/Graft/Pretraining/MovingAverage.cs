using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>
/// An exponential moving average of the weights: average ← decay · average + (1 − decay) · weights after every update. Early on the decay
/// is at most (1 + n) / (10 + n), so that the random start is forgotten. The average is what is evaluated and saved.
/// </summary>
internal sealed class MovingAverage : IDisposable
{
    private readonly double _decay;
    private readonly IReadOnlyList<(string Name, Parameter Value)> _parameters;
    private readonly Dictionary<string, Tensor> _average = new(StringComparer.Ordinal);

    /// <param name="parameters">The model's, moved to their device already.</param>
    /// <param name="decay">In [0, 1).</param>
    public MovingAverage(IEnumerable<(string Name, Parameter Value)> parameters, double decay)
    {
        if (decay is not (>= 0 and < 1))
            throw new InputException("ema", decay.ToString(System.Globalization.CultureInfo.InvariantCulture), "at least 0 and below 1");
        (_decay, _parameters) = (decay, [.. parameters]);
        using IDisposable noGradient = no_grad();
        foreach ((string name, Parameter value) in _parameters) _average[name] = value.detach().clone().DetachFromDisposeScope();
    }

    /// <summary>Updates seen.</summary>
    public long Updates { get; set; }

    /// <summary>The averages by parameter name.</summary>
    public IReadOnlyDictionary<string, Tensor> Values => _average;

    /// <summary>Takes in the weights after an update.</summary>
    public void Update()
    {
        Updates++;
        double decay = Math.Min(_decay, (1.0 + Updates) / (10.0 + Updates));
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Parameter value) in _parameters) _average[name].lerp_(value, 1 - decay);
    }

    /// <summary>Puts the averages in the weights' place until the result is disposed.</summary>
    public IDisposable Swap()
    {
        Exchange();
        return new Exchanged(this);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor value in _average.Values) value.Dispose();
    }

    private void Exchange()
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((string name, Parameter value) in _parameters)
        {
            Tensor weights = value.clone();
            value.copy_(_average[name]);
            _average[name].copy_(weights);
        }
    }

    private sealed class Exchanged(MovingAverage average) : IDisposable
    {
        public void Dispose() => average.Exchange();
    }
}
