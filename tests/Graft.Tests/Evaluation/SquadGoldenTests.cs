using System.Text.Json;
using Graft.Data;
using Graft.Evaluation;

namespace Graft.Tests.Evaluation;

public sealed class SquadGoldenTests
{
    [Fact]
    public void AnswersCompareAsInTheOfficialScripts()
    {
        foreach (JsonElement item in Golden.Cases("squad.json")[0].GetProperty("items").EnumerateArray())
        {
            string prediction = item.GetProperty("prediction").GetString()!;
            string[] golds = item.GetProperty("golds").Strings();
            Assert.Equal(item.GetProperty("normalized_prediction").GetString(), AnswerText.Normalize(prediction));
            Assert.Equal(item.GetProperty("normalized_golds").Strings(), golds.Select(AnswerText.Normalize));
            Golden.Equal(item.GetProperty("em"), SquadV1.BestExactMatch(prediction, golds), prediction);
            Golden.Equal(item.GetProperty("f1_v1"), SquadV1.BestF1(prediction, golds), prediction);
            Golden.Equal(item.GetProperty("f1_v2"), golds.Max(gold => AnswerText.F1(prediction, gold, emptyMatches: true)), prediction);
        }
    }

    [Fact]
    public void SetsScoreAsInTheOfficialScripts()
    {
        foreach (JsonElement example in Golden.Cases("squad.json", example => example.TryGetProperty("predictions", out _)))
        {
            string name = example.Name();
            KeyValuePair<string, IReadOnlyList<string>>[] golds = example
                .GetProperty("golds")
                .EnumerateObject()
                .Select(gold => KeyValuePair.Create(gold.Name, (IReadOnlyList<string>)gold.Value.Strings()))
                .ToArray();
            Dictionary<string, string> predictions = example
                .GetProperty("predictions")
                .EnumerateObject()
                .ToDictionary(pair => pair.Name, pair => pair.Value.GetString()!);
            KeyValuePair<string, double>[] probabilities = example
                .GetProperty("no_answer_probability")
                .EnumerateObject()
                .Select(pair => KeyValuePair.Create(pair.Name, pair.Value.GetDouble()))
                .ToArray();
            SquadV2 scores = new(golds, predictions);
            Equal(example.GetProperty("expected"), "exact", scores.All, name);
            Equal(example.Expected("HasAns"), "exact", scores.HasAnswer, name);
            Equal(example.Expected("NoAns"), "exact", scores.NoAnswer, name);
            Assert.Equal(example.Expected("total").GetInt32(), scores.All.Total);
            foreach (double threshold in (double[])[0.25, 0.5, 1.0])
            {
                Equal(
                    example.Expected($"at_threshold_{threshold:0.0#}"),
                    "exact",
                    scores.AtThreshold(probabilities.ToDictionary(), threshold),
                    name
                );
            }

            Golden.Equal(example.Expected("best_exact"), scores.BestExactMatch(probabilities).Value, name);
            Golden.Equal(example.Expected("best_exact_threshold"), scores.BestExactMatch(probabilities).Threshold, name);
            Golden.Equal(example.Expected("best_f1"), scores.BestF1(probabilities).Value, name);
            Golden.Equal(example.Expected("best_f1_threshold"), scores.BestF1(probabilities).Threshold, name);
            Equal(
                example.Expected("v1_on_answerable"),
                "exact_match",
                SquadV1.Score(golds.Where(gold => gold.Value.Count > 0), predictions),
                name
            );
        }
    }

    [Fact]
    public void OfficialPredictionsScoreToTheLastDigit()
    {
        string folder = TestData.Shared("fixtures", "squad-eval");
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected-scores.json")));
        Dictionary<string, KeyValuePair<string, IReadOnlyList<string>>[]> golds = [];
        int compared = 0;
        foreach (JsonProperty system in expected.RootElement.EnumerateObject())
        {
            string file = Path.Combine(folder, "predictions", system.Name);
            if (!File.Exists(file)) continue;
            compared++;
            string dataset = system.Value.GetProperty("dataset").GetString()!;
            if (!golds.TryGetValue(dataset, out KeyValuePair<string, IReadOnlyList<string>>[]? questions))
            {
                golds[dataset] = questions = QuestionReader
                    .Read(TestData.Shared("data", "qa", "squad-dev", dataset))
                    .Questions.Select(question =>
                        KeyValuePair.Create(question.Id, (IReadOnlyList<string>)question.Answers.Select(answer => answer.Text).ToArray())
                    )
                    .ToArray();
            }

            Dictionary<string, string> predictions = JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllBytes(file))!;
            if (system.Name.StartsWith("1.1", StringComparison.Ordinal))
            {
                SquadScores scores = SquadV1.Score(questions, predictions);
                Assert.Equal(system.Value.GetProperty("exact_match").GetDouble(), scores.ExactMatch);
                Assert.Equal(system.Value.GetProperty("f1").GetDouble(), scores.F1);
            }
            else
            {
                SquadV2 scores = new(questions, predictions);
                foreach (
                    (string prefix, SquadScores part) in (ReadOnlySpan<(string, SquadScores)>)
                        [("", scores.All), ("HasAns_", scores.HasAnswer), ("NoAns_", scores.NoAnswer)]
                )
                {
                    Assert.Equal(system.Value.GetProperty(prefix + "exact").GetDouble(), part.ExactMatch);
                    Assert.Equal(system.Value.GetProperty(prefix + "f1").GetDouble(), part.F1);
                    Assert.Equal(system.Value.GetProperty(prefix + "total").GetInt32(), part.Total);
                }
            }
        }

        Assert.True(compared >= 6, $"only {compared} of the official predictions are there");
    }

    private static void Equal(JsonElement expected, string exactKey, SquadScores actual, string what)
    {
        Golden.Equal(expected.GetProperty(exactKey), actual.ExactMatch, what);
        Golden.Equal(expected.GetProperty("f1"), actual.F1, what);
    }
}
