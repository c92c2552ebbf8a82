using Graft.Backbones;
using Graft.Export;
using Graft.Graphs;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tests.Checkpoints;
using Graft.Tests.Contracts;
using Graft.Tests.Torch;
using Onnx;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Export;

/// <summary>
/// What an exported file promises, for every encoder family and head: Graft's own answers on ONNX Runtime, from a graph that keeps ONNX's
/// rules.
/// </summary>
public sealed class OnnxContract
{
    private const double Tolerance = 1e-4;
    private static readonly string[] s_heads =
    [
        HeadKinds.None,
        HeadKinds.SequenceClassification,
        HeadKinds.TokenClassification,
        HeadKinds.QuestionAnswering,
        HeadKinds.MultipleChoice,
        HeadKinds.Embedding,
    ];

    /// <summary>Every encoder family with every head that has a graph, on both kinds of graph.</summary>
    public static TheoryData<string, string, OnnxGraph> Cases
    {
        get
        {
            TheoryData<string, string, OnnxGraph> data = [];
            foreach (ModelFamily family in ModelFamilies.All.Where(family => !Writes(family)))
            {
                foreach (
                    string head in s_heads.Where(head =>
                        head is HeadKinds.None or HeadKinds.Embedding
                        || family.Recipe(head, TinyModels.Config(family.ModelType)) is not null
                    )
                )
                foreach (OnnxGraph graph in Enum.GetValues<OnnxGraph>())
                    data.Add(family.ModelType, head, graph);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void OutputsEqualGraftsOwn(string family, string head, OnnxGraph graph)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), head, 3);
        EncoderInput input = TinyModels.Padded(5, 9, 2, 33, 14);
        input = input with { TokenTypeIds = model.Backbone.GraphReadsSegments ? input.InputIds.remainder(2) : null };
        ModelProto file = OnnxGraphs.Draw(model, graph, OnnxPrecision.Fp32, new HashSet<string>(), out _);
        Dictionary<string, Tensor> actual = OnnxRun.Run(file, input, head == HeadKinds.MultipleChoice ? 2 : 0);
        ModelOutput expected = model.Forward(input);
        if (expected.Scores is { } scores)
        {
            if (scores.StartLogits is not null) Same(scores.StartLogits, "start_logits", perToken: true);
            if (scores.EndLogits is not null) Same(scores.EndLogits, "end_logits", perToken: true);
            Tensor? logits = scores.Logits is { } found && head == HeadKinds.MultipleChoice ? found.reshape(2, 2) : scores.Logits;
            if (logits is not null)
                Same(logits, head == HeadKinds.Embedding ? "sentence_embedding" : "logits", head == HeadKinds.TokenClassification);
        }

        if (head is not (HeadKinds.None or HeadKinds.Embedding)) return;
        Same(expected.States.LastHiddenState, "last_hidden_state", perToken: true);
        if (head == HeadKinds.None && expected.States.PoolerOutput is { } pooled) Same(pooled, "pooler_output", perToken: false);

        void Same(Tensor wanted, string name, bool perToken)
        {
            Tensor found = actual[name];
            if (perToken && wanted.dim() == 2) (wanted, found) = (wanted.unsqueeze(-1), found.unsqueeze(-1));
            if (perToken) (wanted, found) = (TinyModels.Tokens(wanted, input), TinyModels.Tokens(found, input));
            TensorAssert.Close(wanted, found, Tolerance, $"{family}, {head}, {graph}: {name}");
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void TheGraphKeepsTheRulesOfOnnx(string family, string head, OnnxGraph graph)
    {
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), head, 3);
        foreach (OnnxPrecision precision in Enum.GetValues<OnnxPrecision>())
            OnnxRules.Check(
                OnnxGraphs.Draw(model, graph, precision, new HashSet<string>(), out _),
                graph == OnnxGraph.Portable,
                $"{family}, {head}, {graph}, {precision}"
            );
    }

    [Theory]
    [InlineData(EmbeddingPooling.Mean, true)]
    [InlineData(EmbeddingPooling.First, false)]
    [InlineData(EmbeddingPooling.Last, true)]
    [InlineData(EmbeddingPooling.Max, true)]
    [InlineData(EmbeddingPooling.MeanSqrtLength, false)]
    [InlineData(EmbeddingPooling.WeightedMean, true)]
    public void PoolingAndNormalisationAreInTheGraph(EmbeddingPooling pooling, bool normalizes)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradient = no_grad();
        using TemporaryFolder folder = new();
        using (PretrainedModel made = PretrainedModel.Create(TinyModels.Config("bert"), HeadKinds.None, 3))
            made.Save(folder.Path);
        using PretrainedModel model = PretrainedModel.Load(
            folder.Path,
            new LoadOptions
            {
                Head = HeadKinds.Embedding,
                Pooling = pooling,
                Normalize = normalizes,
            }
        );
        EncoderInput input = TinyModels.Padded(5, 9, 2, 33, 14);
        foreach (OnnxGraph graph in Enum.GetValues<OnnxGraph>())
        {
            Dictionary<string, Tensor> actual = OnnxRun.Run(
                OnnxGraphs.Draw(model, graph, OnnxPrecision.Fp32, new HashSet<string>(), out _),
                input
            );
            TensorAssert.Close(model.Forward(input).Scores!.Logits!, actual["sentence_embedding"], Tolerance, $"{pooling}, {graph}");
        }
    }

    [Theory]
    [InlineData("t5", HeadKinds.SequenceToSequence)]
    [InlineData("gpt2", HeadKinds.CausalLm)]
    [InlineData("bert", HeadKinds.MaskedLm)]
    public void WhatHasNoGraphIsRefusedByName(string family, string head)
    {
        using PretrainedModel model = PretrainedModel.Create(TinyModels.Config(family), head, 3);
        InputException refused = Assert.Throws<InputException>(() =>
            OnnxGraphs.Draw(model, OnnxGraph.Portable, OnnxPrecision.Fp32, new HashSet<string>(), out _)
        );
        Assert.Contains(head == HeadKinds.MaskedLm ? "MaskedLm" : family, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static bool Writes(ModelFamily family) => family.Recipe(HeadKinds.CausalLm, TinyModels.Config(family.ModelType)) is not null
        || family.Recipe(HeadKinds.SequenceToSequence, TinyModels.Config(family.ModelType)) is not null;
}
