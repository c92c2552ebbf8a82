using System.Text.Json;
using Graft.Data;
using Graft.Data.Tagging;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class EntityGoldenTests
{
    [Fact]
    public void EqualSeqeval()
    {
        foreach (JsonElement example in Golden.Cases("sequence-labelling.json"))
        {
            string[][] truth = example.GetProperty("y_true").EnumerateArray().Select(Golden.Strings).ToArray();
            string[][] predicted = example.GetProperty("y_pred").EnumerateArray().Select(Golden.Strings).ToArray();
            foreach (JsonProperty mode in example.GetProperty("expected").EnumerateObject())
            {
                string name = $"{example.Name()}, {mode.Name}";
                EntityScores scores = mode.Name == "default"
                    ? EntityScores.Of(truth, predicted)
                    : EntityScores.Strict(truth, predicted, Enum.Parse<TagScheme>(mode.Name["strict ".Length..], ignoreCase: true));
                Golden.Equal(mode.Value.GetProperty("token_accuracy"), TokenAccuracy.Of(truth, predicted), name);
                ClassificationGoldenTests.Equal(mode.Value.GetProperty("micro"), scores.Micro, name + " micro");
                ClassificationGoldenTests.Equal(mode.Value.GetProperty("macro"), scores.Macro, name + " macro");
                ClassificationGoldenTests.Equal(mode.Value.GetProperty("weighted"), scores.Weighted, name + " weighted");
                JsonProperty[] types = mode.Value.GetProperty("per_type").EnumerateObject().ToArray();
                Assert.Equal(types.Select(type => type.Name), scores.PerType.Select(type => type.Type));
                foreach ((JsonProperty type, EntityTypeScores actual) in types.Zip(scores.PerType))
                {
                    ClassificationGoldenTests.Equal(type.Value, actual.Scores, $"{name} {type.Name}");
                    Assert.Equal(type.Value.GetProperty("support").GetInt32(), actual.Support);
                }
            }
        }
    }

    [Fact]
    public void EqualConllevalOnItsOwnData()
    {
        string path = TestData.Shared("fixtures", "seqeval", "data", "ground_truth.txt");
        IReadOnlyList<string>[] truth = Tags(path, "3"), predicted = Tags(path, "4");
        EntityScores scores = EntityScores.Of(truth, predicted);
        Assert.Equal(
            ("68.83", "80.83", "74.35"),
            (Percent(scores.Micro.Precision), Percent(scores.Micro.Recall), Percent(scores.Micro.F1))
        );
        Assert.Equal("84.08", Percent(TokenAccuracy.Of(truth, predicted)));
        Assert.Equal("90.36", Percent(scores.PerType.Single(type => type.Type == "PP").Scores.F1));
        Assert.Equal(459, scores.PerType.Sum(type => type.Support));
    }

    private static string Percent(double value) => (100 * value).ToString("F2");

    private static IReadOnlyList<string>[] Tags(string path, string column) =>
        TokenReader.Read(path, new TokenColumnOptions { Tag = column }).Sequences.Select(sequence => sequence.Tags).ToArray();
}
