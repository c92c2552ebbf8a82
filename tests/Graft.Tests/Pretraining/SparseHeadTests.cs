using Graft.Checkpoints;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Pretraining.Objectives;
using Graft.Pretraining.Sequences;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Pretraining;

/// <summary>The objectives of a run, packed and with the head on chosen rows only, give the reference's losses.</summary>
public sealed class SparseHeadTests
{
    [Theory]
    [InlineData("bert-masked-lm", "mlm_loss")]
    [InlineData("bert-pretraining", "loss")]
    [InlineData("spanbert-sbo", "loss")]
    public void LossesAreTheReferenceS(string parity, string output)
    {
        string folder = TestData.Shared("parity", parity);
        using DisposeScope scope = NewDisposeScope();
        using Checkpoint reference = SafetensorsReader.Open(Path.Combine(folder, "reference.safetensors"));
        using PretrainedModel model = PretrainedModel.Load(
            folder,
            parity == "spanbert-sbo" ? new LoadOptions { Head = Graft.Backbones.HeadKinds.SpanBoundary } : null
        );
        MaskingVocabulary vocabulary = new(model.Config.VocabularySize, 1, [0], _ => false);
        PretrainingObjective objective = parity switch
        {
            "bert-masked-lm" => new MaskedObjective(new MaskedLmOptions(), vocabulary),
            "bert-pretraining" => new MaskedObjective(new MaskedLmOptions(), vocabulary, sentenceOrder: false),
            _ => new SpanObjective(new SpanMaskingOptions(), vocabulary, boundary: true),
        };
        PretrainingBatch batch = objective.Batch([.. Sequences(reference)]);
        IReadOnlyList<TermScores> terms = objective.Scores(model, batch, seed: null);
        double loss = terms.Select((term, i) => term.LossSum().item<float>() / batch.Counts[i]).Sum();
        StoredTensor expected = reference.Find("out." + output) ?? reference["out.loss"];
        Assert.Equal(expected.ToSingles()[0], loss, 1e-4);
    }

    private static IEnumerable<CorruptedSequence> Sequences(Checkpoint reference)
    {
        long[]? Values(string name) => reference.Find(name)?.ToInt64s();
        long[] ids = Values("in.input_ids")!,
            labels = Values("in.labels")!;
        long[]? mask = Values("in.attention_mask"),
            types = Values("in.token_type_ids"),
            pairLabels = Values("in.next_sentence_label"),
            pairs = Values("in.pairs"),
            pairTargets = Values("in.pair_targets");
        int rows = (int)reference["in.input_ids"].Shape[0],
            width = ids.Length / rows;
        for (int row = 0; row < rows; row++)
        {
            int[] columns = [.. Enumerable.Range(0, width).Where(t => mask is null || mask[(row * width) + t] == 1)];
            int[] positions = [.. columns.Where(t => labels[(row * width) + t] != -100)];
            yield return new CorruptedSequence(
                [.. columns.Select(t => (int)ids[(row * width) + t])],
                positions,
                [.. positions.Select(t => (int)labels[(row * width) + t])]
            )
            {
                TypeIds = types is null ? null : [.. columns.Select(t => (int)types[(row * width) + t])],
                PairLabel = pairLabels is null ? -1 : (int)pairLabels[row],
                BoundaryPairs = pairs is null ? [] : [.. Pairs(reference, row, pairs, pairTargets!)],
            };
        }
    }

    private static IEnumerable<SpanBoundaryPair> Pairs(Checkpoint reference, int row, long[] pairs, long[] targets)
    {
        int spans = (int)reference["in.pairs"].Shape[1], places = (int)reference["in.pair_targets"].Shape[2];
        for (int span = 0; span < spans; span++)
        {
            int at = (row * spans) + span;
            for (int place = 0; place < places; place++)
            {
                if (targets[(at * places) + place] != -100)
                    yield return new SpanBoundaryPair(
                        (int)pairs[at * 2],
                        (int)pairs[(at * 2) + 1],
                        place,
                        (int)targets[(at * places) + place]
                    );
            }
        }
    }
}
