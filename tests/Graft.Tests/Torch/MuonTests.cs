using System.Text.Json.Nodes;
using Graft.Torch.Optimizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Optimizer = Graft.Torch.Optimizers.Optimizer;

namespace Graft.Tests.Torch;

public sealed class MuonTests
{
    /// <summary>
    /// Fixtures/training/muon.json: three steps of torch.optim.Muon's formula (Nesterov, match_rms_adamw) in double precision.
    /// </summary>
    [Theory]
    [InlineData(4, 4)]
    [InlineData(3, 8)]
    [InlineData(7, 3)]
    public void ThreeStepsEqualTheReference(int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        JsonNode expected = JsonNode.Parse(File.ReadAllText(TestData.Fixture("training", "muon.json")))![$"{rows}x{columns}"]!;
        Tensor Read(JsonNode values) => tensor(values.AsArray().Select(value => (float)value!).ToArray(), [rows, columns]);
        Parameter weight = new(Read(expected["start"]!));
        using FlatParameters flat = new([new TrainedParameter("w", weight, Decays: true, Matrices: new HiddenMatrices(1))]);
        using Muon muon = new(flat, new MuonOptions(), new AdamWOptions { WeightDecay = 0.1 });
        foreach (JsonNode? gradient in expected["gradients"]!.AsArray())
        {
            flat.ZeroGradients();
            (weight * Read(gradient!)).sum().backward();
            muon.Step(0.1);
        }

        TensorAssert.Close(Read(expected["end"]!), weight, 2e-5, "the weight");
    }

    [Fact]
    public void StackedMatricesMoveAsIfEachWereAlone()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] alone =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(part =>
                    OneStep(TensorAssert.Normal((ulong)part, 6, 5), new HiddenMatrices(1), TensorAssert.Normal((ulong)(10 + part), 6, 5))
                ),
        ];
        Tensor Joint(int dimension, bool inColumns) =>
            OneStep(
                cat([.. Enumerable.Range(0, 3).Select(part => TensorAssert.Normal((ulong)part, 6, 5))], dimension),
                new HiddenMatrices(3, inColumns),
                cat([.. Enumerable.Range(0, 3).Select(part => TensorAssert.Normal((ulong)(10 + part), 6, 5))], dimension)
            );
        TensorAssert.Close(cat(alone, 0), Joint(0, false), 1e-6, "on top of each other");
        TensorAssert.Close(cat(alone, 1), Joint(1, true), 1e-6, "side by side");

        static Tensor OneStep(Tensor start, HiddenMatrices matrices, Tensor gradient)
        {
            Parameter weight = new(start);
            using FlatParameters flat = new([new TrainedParameter("w", weight, Decays: true, Matrices: matrices)]);
            using Muon muon = new(flat, new MuonOptions(), new AdamWOptions());
            (weight * gradient).sum().backward();
            muon.Step(0.1);
            return weight.detach().clone();
        }
    }

    [Theory]
    [InlineData(80, 64)]
    [InlineData(40, 160)]
    [InlineData(170, 64)]
    public void DirectionsAreNearlyOrthogonal(int rows, int columns)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor nearest = Orthogonal.Nearest(TensorAssert.Normal(5, rows, columns), 5);
        Tensor values = linalg.svdvals(nearest);
        Assert.InRange(values.min().item<float>(), 0.3f, 1.2f);
        Assert.InRange(values.max().item<float>(), 0.9f, 1.25f);
    }

    [Fact]
    public void WhatIsNoHiddenMatrixMovesByAdamW()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Move(Func<FlatParameters, Optimizer> make)
        {
            Parameter table = new(TensorAssert.Normal(1, 9, 4)),
                matrix = new(TensorAssert.Normal(2, 4, 4));
            using FlatParameters flat = new([
                new TrainedParameter("matrix", matrix, true, Matrices: new HiddenMatrices(1)),
                new TrainedParameter("table", table, true),
            ]);
            using Optimizer optimizer = make(flat);
            for (int step = 0; step < 3; step++)
            {
                flat.ZeroGradients();
                (table.square().sum() + matrix.square().sum()).backward();
                optimizer.Step(1e-2);
            }

            return table.detach().clone();
        }

        TensorAssert.Close(
            Move(flat => new Graft.Torch.Optimizers.AdamW(flat, new AdamWOptions())),
            Move(flat => new Muon(flat, new MuonOptions(), new AdamWOptions())),
            0,
            "the table"
        );
    }

    [Fact]
    public void RestoredStateGoesOnWithTheSameBits()
    {
        using DisposeScope scope = NewDisposeScope();
        TensorAssert.Close(Run(-1), Run(4), 0, "the interrupted run");

        static Tensor Run(int interruptedAt)
        {
            Parameter matrix = new(TensorAssert.Normal(1, 20, 30)),
                vector = new(TensorAssert.Normal(2, 20));
            FlatParameters flat = new([
                new TrainedParameter("matrix", matrix, true, Matrices: new HiddenMatrices(1)),
                new TrainedParameter("vector", vector, false),
            ]);
            Muon muon = new(flat, new MuonOptions(), new AdamWOptions());
            for (int step = 0; step < 8; step++)
            {
                if (step == interruptedAt)
                {
                    Dictionary<string, Tensor> state = muon.State().ToDictionary(x => x.Key, x => x.Value.clone(), StringComparer.Ordinal);
                    muon.Dispose();
                    muon = new(flat, new MuonOptions(), new AdamWOptions());
                    muon.Restore(state, step);
                }

                flat.ZeroGradients();
                (matrix.square().sum() + (vector * 3).square().sum()).backward();
                muon.Step(1e-2, 0.7);
            }

            return cat([matrix.detach().flatten(), vector.detach()]);
        }
    }

    [Fact]
    public void ImpossibleConstantsAreRefused() => Assert.Throws<InputException>(() => new MuonOptions { Momentum = 1 }.Validate());
}
