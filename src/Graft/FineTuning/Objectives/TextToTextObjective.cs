using Graft.Backbones;
using Graft.Generation;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Torch.Compute;
using TorchSharp;
using Generator = Graft.Generation.Generator;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>A text for a text: the decoder learns to write the next token of the expected one; answers are generated.</summary>
internal sealed class TextToTextObjective(TextToText.TextToText task) : TaskObjective
{
    public override int TokensAMicroBatch(ModelConfig config) => VocabularyBudget.Tokens(config);

    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) => new() { Labels = collator.Written(features) };

    public override EncoderInput Input(
        Collator collator,
        IReadOnlyList<Feature> features,
        ulong? dropoutSeed = null,
        int firstSequence = 0
    ) =>
        collator.Input(features, dropoutSeed, firstSequence) with
        {
            Decoder = collator.DecoderInput(features, dropoutSeed, firstSequence),
        };

    public override IReadOnlyList<FeatureScores> Score(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        int longest = features.Max(feature => feature.Ids.Length);
        int[][] sources = [.. features.Select(feature => Padded(feature.Ids, longest, collator.PadTokenId))],
            masks = [.. features.Select(feature => Padded([.. feature.Ids.Select(_ => 1)], longest, 0))];
        using ModelDecodingState state = ModelDecodingState.SequenceToSequence(model, sources, masks, collator.DecoderStartTokenId);
        GeneratedTokens[][] written = Generator.Generate(
            state,
            [.. features.Select(_ => (int[])[collator.DecoderStartTokenId])],
            WriterOptions.For(task.Generation, model.Config)
        );
        float[][] logProbabilities = features[0].Target is null
            ? [.. features.Select(_ => Array.Empty<float>())]
            : LogProbabilities(model, collator, features);
        return [.. written.Select((texts, i) => new FeatureScores(logProbabilities[i], 1) { Written = texts[0].Tokens })];
    }

    /// <summary>The log probability of every token of the expected texts.</summary>
    private float[][] LogProbabilities(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        Collator packed = collator with { Layout = BatchLayout.Packed, AddedTokens = 0 };
        Collator used = collator.AddedTokens > 0 ? collator : packed;
        EncoderInput input = Input(used, features);
        using ComputeScope computing = model.Enter();
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        if (used.Layout == BatchLayout.Padded)
            states = cat([.. features.Select((feature, row) => states[row].slice(0, 0, Target(feature).Length, 1))], 0);
        Tensor targets = Targets(features, packed).Labels!;
        float[] all = VocabularyBudget.LogProbabilities((LanguageModelHead)model.Head!, states, targets);
        float[][] cut = new float[features.Count][];
        int start = 0;
        for (int i = 0; i < cut.Length; i++) cut[i] = all[start..(start += Target(features[i]).Length)];
        return cut;
    }

    private static int[] Target(Feature feature) => ((WrittenTarget)feature.Target!).Ids;

    private static int[] Padded(int[] values, int length, int fill) => [.. values, .. Enumerable.Repeat(fill, length - values.Length)];
}
