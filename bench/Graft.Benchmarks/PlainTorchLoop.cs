using System.Diagnostics;
using System.Globalization;
using Graft.Torch.Measurement;
using Graft.Torch.Native;
using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Graft.Benchmarks;

/// <summary>
/// The baseline: BERT-base trained with nothing but the binding's own modules, losses, dropout, clipping and optimizer, 16 × 128 random
/// tokens. What the engine gains is the distance to this loop.
/// </summary>
internal static class PlainTorchLoop
{
    private const int Layers = 12, Width = 768, Heads = 12, Intermediate = 3072, Vocabulary = 30522, Batch = 16, Tokens = 128;

    public static void Run(int steps)
    {
        using Encoder model = new();
        using torch.optim.Optimizer optimizer = torch.optim.AdamW(model.parameters(), 1e-5);
        model.train();
        double before = PeakRate.Measure().Gflops, best = double.PositiveInfinity;
        for (int step = 0; step < steps + 1; step++)
        {
            using DisposeScope scope = NewDisposeScope();
            long start = Stopwatch.GetTimestamp();
            optimizer.zero_grad();
            Tensor ids = randint(1, Vocabulary, [Batch, Tokens], ScalarType.Int64), labels = arange(Batch, ScalarType.Int64).remainder(2);
            functional.cross_entropy(model.call(ids), labels).backward();
            nn.utils.clip_grad_norm_(model.parameters(), 1);
            optimizer.step();
            if (step > 0) best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        double operations = 6.0 * Layers * Batch * Tokens * ((4.0 * Width * Width) + (2.0 * Width * Intermediate) + (2.0 * Tokens * Width));
        double peak = Math.Max(before, PeakRate.Measure().Gflops);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $$"""{"what": "plain TorchSharp loop, BERT-base, batch 16x128", "step_ms": {{best * 1e3:0}},"""
                    + $$""" "share_of_peak": {{operations / best / 1e9 / peak:0.000}}, "peak_gflops": {{peak:0.0}},"""
                    + $$""" "peak_rss_gb": {{Memory.PeakResident / 1e9:0.00}}}"""
            )
        );
    }

    private sealed class Encoder : Module<Tensor, Tensor>
    {
        private readonly Embedding _words = Embedding(Vocabulary, Width);
        private readonly Embedding _positions = Embedding(512, Width);
        private readonly LayerNorm _norm = LayerNorm(Width, 1e-12);
        private readonly Dropout _dropout = Dropout(0.1);
        private readonly ModuleList<Block> _blocks = new([.. Enumerable.Range(0, Layers).Select(_ => new Block())]);
        private readonly Linear _pooler = Linear(Width, Width);
        private readonly Linear _classifier = Linear(Width, 2);

        public Encoder()
            : base("encoder") => RegisterComponents();

        public override Tensor forward(Tensor ids)
        {
            Tensor x = _dropout.call(_norm.call(_words.call(ids) + _positions.call(arange(ids.shape[1], ScalarType.Int64))));
            foreach (Block block in _blocks) x = block.call(x);
            return _classifier.call(_dropout.call(_pooler.call(x.select(1, 0)).tanh()));
        }
    }

    private sealed class Block : Module<Tensor, Tensor>
    {
        private readonly Linear _query = Linear(Width, Width);
        private readonly Linear _key = Linear(Width, Width);
        private readonly Linear _value = Linear(Width, Width);
        private readonly Linear _dense = Linear(Width, Width);
        private readonly LayerNorm _attentionNorm = LayerNorm(Width, 1e-12);
        private readonly Linear _up = Linear(Width, Intermediate);
        private readonly Linear _down = Linear(Intermediate, Width);
        private readonly LayerNorm _norm = LayerNorm(Width, 1e-12);
        private readonly Dropout _dropout = Dropout(0.1);

        public Block()
            : base("block") => RegisterComponents();

        public override Tensor forward(Tensor x)
        {
            Tensor attended = functional.scaled_dot_product_attention(
                Split(_query.call(x)),
                Split(_key.call(x)),
                Split(_value.call(x)),
                p: 0.1
            );
            x = _attentionNorm.call(x + _dropout.call(_dense.call(attended.transpose(1, 2).reshape(x.shape))));
            return _norm.call(x + _dropout.call(_down.call(functional.gelu(_up.call(x)))));
        }

        private static Tensor Split(Tensor x) => x.view(x.shape[0], x.shape[1], Heads, -1).transpose(1, 2); // [B, H, T, N]
    }
}
