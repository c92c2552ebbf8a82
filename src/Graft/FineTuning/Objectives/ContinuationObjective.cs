using Graft.Backbones;
using Graft.Generation;
using Graft.Heads;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tasks.LanguageModeling;
using Graft.Torch.Compute;
using TorchSharp;
using Generator = Graft.Generation.Generator;
using static TorchSharp.torch;

namespace Graft.Tasks.Objectives;

/// <summary>The next token of texts: evaluation keeps the log probability of every token that counts, prediction writes on.</summary>
internal sealed class ContinuationObjective(CausalLanguageModeling task) : TaskObjective
{
    public override int TokensAMicroBatch(ModelConfig config) => VocabularyBudget.Tokens(config);

    public override Targets Targets(IReadOnlyList<Feature> features, Collator collator) =>
        new() { Labels = collator.TokenClasses(features) };

    public override IReadOnlyList<FeatureScores> Score(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features) =>
        features[0].Target is null ? Continue(model, collator, features) : Measure(model, collator, features);

    private static FeatureScores[] Measure(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        EncoderInput input = collator.Input(features);
        using ComputeScope computing = model.Enter();
        Tensor states = model.Backbone.Forward(input).LastHiddenState;
        long width = states.shape[^1],
            row = input.IsPacked ? 0 : states.shape[1],
            before = input.IsPacked ? 0 : states.shape[1] - input.InputIds.shape[1];
        List<long> rows = [],
            targets = [];
        int[] counts = new int[features.Count];
        long first = 0;
        for (int f = 0; f < features.Count; f++)
        {
            long[] labels = ((TokensTarget)features[f].Target!).Classes;
            long start = input.IsPacked ? first : (f * row) + before;
            for (int i = 1; i < labels.Length; i++)
            {
                if (labels[i] == TokensTarget.NotLearned) continue;
                rows.Add(start + i - 1); // the state before a token predicts it
                targets.Add(labels[i]);
                counts[f]++;
            }

            first += labels.Length;
        }

        float[] all =
            rows.Count == 0
                ? []
                : VocabularyBudget.LogProbabilities(
                    (LanguageModelHead)model.Head!,
                    states.reshape(-1, width).index_select(0, tensor(rows.ToArray())),
                    tensor(targets.ToArray())
                );
        FeatureScores[] scores = new FeatureScores[features.Count];
        int from = 0;
        for (int f = 0; f < scores.Length; f++) scores[f] = new FeatureScores(all[from..(from += counts[f])], 1);
        return scores;
    }

    /// <summary>Writes on; of a prompt that leaves no room below the position limit the end is read.</summary>
    private FeatureScores[] Continue(PretrainedModel model, Collator collator, IReadOnlyList<Feature> features)
    {
        int room = Math.Max(
            1,
            (model.Backbone.PositionLimit ?? int.MaxValue) - (task.Generation.MaxLength is null ? task.Generation.MaxNewTokens : 1)
        );
        int[][] prompts = [.. features.Select(feature => feature.Ids.Length <= room ? feature.Ids : feature.Ids[^room..])];
        int longest = prompts.Max(prompt => prompt.Length);
        int[][] padded =
        [
            .. prompts.Select(prompt => (int[])[.. Enumerable.Repeat(collator.PadTokenId, longest - prompt.Length), .. prompt]),
        ];
        int[][] masks =
        [
            .. prompts.Select(prompt => (int[])[.. Enumerable.Repeat(0, longest - prompt.Length), .. Enumerable.Repeat(1, prompt.Length)]),
        ];
        using ModelDecodingState state = ModelDecodingState.Causal(model, padded, masks);
        GeneratedTokens[][] written = Generator.Generate(state, padded, WriterOptions.For(task.Generation, model.Config));
        return [.. written.Select(texts => new FeatureScores([], 1) { Written = texts[0].Tokens })];
    }
}
