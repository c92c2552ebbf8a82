using Graft.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Training;

/// <summary>The smallest thing that can be trained: y = W·x + b by least squares, on data drawn from a seed.</summary>
internal sealed class LinearTask : nn.Module, ITrainable
{
    private readonly TorchSharp.Modules.Linear _linear;

    public LinearTask(int width = 3)
        : base("linear_task")
    {
        _linear = nn.Linear(width, 1);
        RegisterComponents();
        using (no_grad())
        {
            _linear.weight.zero_();
            _linear.bias!.zero_();
        }
    }

    public nn.Module Module => this;

    public IReadOnlyList<string> LossTerms => ["loss"];

    public float[] Weights => [.. _linear.weight.data<float>(), .. _linear.bias!.data<float>()];

    public Tensor[] LossSums(IMicroBatch batch, StepContext context)
    {
        Rows rows = (Rows)batch;
        using Tensor x = tensor(rows.X, [rows.Examples, _linear.weight.shape[1]]), y = tensor(rows.Y, [rows.Examples, 1]);
        return [(nn.functional.linear(x, _linear.weight, _linear.bias) - y).square().sum()];
    }

    internal sealed class Rows(float[] x, float[] y) : IMicroBatch
    {
        public float[] X => x;

        public float[] Y => y;

        public int Examples => y.Length;

        public long Tokens => y.Length;

        public IReadOnlyList<double> Counts => [y.Length];

        public string Describe() => $"rows ending in {y[^1]}";

        public void Dispose()
        {
        }
    }
}

/// <summary>Batches of drawn rows, cut into micro-batches of a given size.</summary>
internal sealed class DrawnRows(int batch = 8, int micro = 8, int width = 3, long? stepsPerEpoch = 10, long poisonedStep = -1)
    : IBatchSource
{
    public long? StepsPerEpoch => stepsPerEpoch;

    public IReadOnlyList<IMicroBatch> Batch(long step)
    {
        CounterRandom random = new(CounterRandom.Key(7, (ulong)step));
        float[] x = new float[batch * width], y = new float[batch];
        for (int row = 0; row < batch; row++)
        {
            for (int column = 0; column < width; column++) x[(row * width) + column] = (float)random.NextNormal();
            y[row] = (2 * x[row * width]) - x[(row * width) + 1] + 0.5f;
            if (step == poisonedStep) y[row] = float.NaN;
        }

        return [.. Enumerable.Range(0, batch / micro).Select(part => new LinearTask.Rows(
            x[(part * micro * width)..((part + 1) * micro * width)], y[(part * micro)..((part + 1) * micro)]))];
    }
}
