using Graft.Backbones;
using Graft.Backbones.Bert;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Torch;
using Graft.Torch.Dropout;
using Graft.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Contracts;

/// <summary>What every backbone promises, whatever its family.</summary>
public sealed class BackboneContract
{
    private const double Tolerance = 2e-5;

    public static TheoryData<string> Families => TinyModels.Families;

    [Theory]
    [MemberData(nameof(Families))]
    public void PackedEqualsPadded(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 3);
        EncoderInput padded = TinyModels.Padded(5, 9, 1, 23, 14);
        BackboneOutput expected = model.Backbone.Forward(padded), actual = model.Backbone.Forward(TinyModels.Packed(padded));
        TensorAssert.Close(TinyModels.Tokens(expected.LastHiddenState, padded), actual.LastHiddenState, Tolerance, family);
        if (expected.PoolerOutput is not null)
            TensorAssert.Close(expected.PoolerOutput, actual.PoolerOutput!, Tolerance, $"{family}, pooled");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void PackedAndPaddedHaveTheSameGradients(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 3);
        EncoderInput padded = TinyModels.Padded(6, 7, 12);
        Tensor weights = TensorAssert.Normal(9, 19, model.Backbone.HiddenSize);
        Dictionary<string, Tensor> expected = Gradients(model, () =>
            (TinyModels.Tokens(model.Backbone.Forward(padded).LastHiddenState, padded) * weights).sum()
        );
        Dictionary<string, Tensor> actual = Gradients(model, () =>
            (model.Backbone.Forward(TinyModels.Packed(padded)).LastHiddenState * weights).sum()
        );
        foreach ((string name, Tensor gradient) in expected)
            TensorAssert.Close(gradient, actual[name], 1e-4, $"{family}, gradient of {name}");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void PackedAndPaddedDropTheSameValuesInTraining(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family).WithDropout(0.2), HeadKinds.None, 3);
        EncoderInput padded = TinyModels.Padded(6, 7, 12) with { Dropout = DropoutPlan.Padded(1, [8, 5], 12) };
        EncoderInput packed = TinyModels.Packed(padded) with { Dropout = DropoutPlan.Packed(1, [8, 5], [7, 12]) };
        Tensor weights = TensorAssert.Normal(9, 19, model.Backbone.HiddenSize);
        Tensor Padded() => TinyModels.Tokens(model.Backbone.Forward(padded).LastHiddenState, padded);
        Tensor Packed() => model.Backbone.Forward(packed).LastHiddenState;
        TensorAssert.Close(Padded(), Packed(), Tolerance, family);
        Dictionary<string, Tensor> expected = Gradients(model, () => (Padded() * weights).sum()),
            actual = Gradients(model, () => (Packed() * weights).sum());
        foreach ((string name, Tensor gradient) in expected)
            TensorAssert.Close(gradient, actual[name], 1e-4, $"{family}, gradient of {name}");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ABatchEqualsItsTextsOneByOne(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 4);
        int[] lengths = [11, 17, 2];
        EncoderInput batch = TinyModels.Padded(7, lengths);
        Tensor all = model.Backbone.Forward(batch).LastHiddenState;
        for (int s = 0; s < lengths.Length; s++)
        {
            Tensor ids = batch.InputIds[s..(s + 1), ..lengths[s]];
            Tensor alone = model.Backbone.Forward(new EncoderInput { InputIds = ids }).LastHiddenState;
            TensorAssert.Close(alone, all[s..(s + 1), ..lengths[s]], Tolerance, $"{family}, text {s}");
        }
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AskingForAttentionsChangesNothing(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 5);
        EncoderInput input = TinyModels.Padded(8, 12, 20);
        BackboneOutput plain = model.Backbone.Forward(input),
            observed = model.Backbone.Forward(input with { OutputAttentions = true, OutputHiddenStates = true });
        TensorAssert.Close(
            TinyModels.Tokens(plain.LastHiddenState, input),
            TinyModels.Tokens(observed.LastHiddenState, input),
            Tolerance,
            family
        );
        Assert.NotNull(observed.Attentions);
        foreach (Tensor attention in observed.Attentions)
            TensorAssert.Close(
                ones([attention.shape[0], attention.shape[1], attention.shape[2]]),
                attention.sum(-1),
                1e-5,
                "probabilities"
            );
        Assert.Equal(observed.Attentions.Count / (family == "albert" ? 2 : 1) + 1, observed.HiddenStates!.Count);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void DropoutIsAFunctionOfThePlanAndTrainsEveryLayer(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family).WithDropout(0.2), HeadKinds.None, 6);
        EncoderInput input = TinyModels.Padded(9, 12, 12);
        Tensor Run(DropoutPlan? plan) => model.Backbone.Forward(input with { Dropout = plan }).LastHiddenState;
        Tensor first = Run(DropoutPlan.Padded(1, [0, 1], 12));
        Assert.True(first.Equals(Run(DropoutPlan.Padded(1, [0, 1], 12))), "the same plan drops the same values");
        Assert.False(first.Equals(Run(DropoutPlan.Padded(2, [0, 1], 12))), "another plan drops others");
        Assert.False(first.Equals(Run(null)), "without a plan nothing is dropped");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void ATextBeyondThePositionTableIsRefusedByName(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 7);
        if (model.Backbone.PositionLimit is not int limit) return; // relative or rotary positions have no table
        using IDisposable noGradient = no_grad();
        Assert.Equal(limit, model.Backbone.Forward(TinyModels.Padded(10, limit)).LastHiddenState.shape[1]);
        InputException refused = Assert.Throws<InputException>(() => model.Backbone.Forward(TinyModels.Padded(10, limit + 1)));
        Assert.Contains("position table", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"{limit}", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void AnIdBeyondTheVocabularyIsRefused(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 7);
        Assert.Throws<InputException>(() =>
            model.Backbone.Forward(
                new EncoderInput
                {
                    InputIds = tensor(
                        new long[,]
                        {
                            { 5, TinyModels.Vocabulary },
                        }
                    ),
                }
            )
        );
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void EveryParameterButThePoolerReceivesAGradient(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), HeadKinds.None, 8);
        EncoderInput input = TinyModels.Padded(11, 20, 20);
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        (states * TensorAssert.Normal(12, states.shape)).sum().backward();
        string[] untouched =
        [
            .. model
                .Parameters.Where(p => p.Value.grad is null || p.Value.grad.abs().max().item<float>() == 0)
                .Select(p => p.Name)
                .Where(name => !name.StartsWith("pooler", StringComparison.Ordinal) && !IsKeyBias(name)),
        ];
        Assert.True(untouched.Length == 0, $"{family}: {string.Join(", ", untouched)}");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void RecomputedLayersGiveTheSameGradients(string family)
    {
        using DisposeScope scope = NewDisposeScope();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family).WithDropout(0.2), HeadKinds.None, 8);
        EncoderInput input = TinyModels.Padded(11, 20, 14) with { Dropout = DropoutPlan.Padded(1, [0, 1], 20) };
        Tensor weights = TensorAssert.Normal(9, 2, 20, model.Backbone.HiddenSize);
        Dictionary<string, Tensor> expected = Gradients(model, () => (model.Backbone.Forward(input).LastHiddenState * weights).sum());
        model.Backbone.GradientCheckpointing = true;
        Dictionary<string, Tensor> actual = Gradients(model, () => (model.Backbone.Forward(input).LastHiddenState * weights).sum());
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, Tensor gradient) in expected)
            TensorAssert.Close(gradient, actual[name], 1e-6, $"{family}, gradient of {name}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BertsAttentionIsWhatItsPaperWritesOut(bool padding)
    {
        using DisposeScope scope = NewDisposeScope();
        const int heads = 3, size = 8;
        EncoderInput input = TinyModels.Padded(13, 17, padding ? 9 : 17);
        Tensor[] parts = [.. new ulong[] { 20, 21, 22 }.Select(seed => TensorAssert.Leaf(seed, 2, 17, heads * size))];
        LayerContext context = new(input, LayerContext.LayoutOf(input));
        Tensor mask = AttentionLayout.AdditiveMask(input.AttentionMask!), weights = TensorAssert.Normal(30, 2, 17, heads * size);
        Tensor written = BertAttention.WrittenOut(parts[0], parts[1], parts[2], heads, mask);
        Tensor kernel = new AttentionCore(heads, size, 1 / Math.Sqrt(size), 0, 0).Forward(parts[0], parts[1], parts[2], context);
        TensorAssert.Close(written, kernel, 1e-6, "output");
        Tensor[] expected = Gradients(written), actual = Gradients(kernel);
        for (int i = 0; i < parts.Length; i++) TensorAssert.Close(expected[i], actual[i], 1e-5, $"gradient {i}");

        Tensor[] Gradients(Tensor output)
        {
            foreach (Tensor part in parts) part.grad = null;
            (output * weights).sum().backward();
            return [.. parts.Select(part => part.grad!.clone())];
        }
    }

    /// <summary>The softmax ignores what all keys share: these are never trained.</summary>
    private static bool IsKeyBias(string name) =>
        name.EndsWith("key.bias", StringComparison.Ordinal)
        || name.EndsWith("k_lin.bias", StringComparison.Ordinal)
        || name.EndsWith("attn.k.bias", StringComparison.Ordinal);

    private static Dictionary<string, Tensor> Gradients(PretrainedModel model, Func<Tensor> loss)
    {
        foreach ((_, TorchSharp.Modules.Parameter value) in model.Parameters) value.grad = null;
        loss().backward();
        return model
            .Parameters.Where(p => p.Value.grad is not null)
            .ToDictionary(p => p.Name, p => p.Value.grad!.clone(), StringComparer.Ordinal);
    }
}
