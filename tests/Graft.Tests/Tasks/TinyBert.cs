using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Pretrained;
using Graft.Tasks;

namespace Graft.Tests.Tasks;

/// <summary>A pre-trained model of a few thousand randomly initialised parameters, and data a few words can tell apart.</summary>
internal sealed class TinyBert : IDisposable
{
    private static readonly string[] s_good = ["good", "lovely", "bright", "kind"], s_bad = ["bad", "awful", "dull", "cruel"];
    private static readonly string[] s_names = ["anna", "omar", "lena"], s_places = ["rome", "oslo", "lima"];
    private static readonly string[] s_rest = ["the", "a", "film", "book", "was", "in", "lives", "and", "story", "who", "where", "?", "."];

    public TinyBert()
    {
        Folder = Directory.CreateTempSubdirectory("graft-tasks-").FullName;
        string[] vocabulary =
        [
            "[PAD]",
            "[UNK]",
            "[CLS]",
            "[SEP]",
            "[MASK]",
            .. s_good,
            .. s_bad,
            .. s_names,
            .. s_places,
            .. s_rest,
            "##s",
        ];
        JsonObject json = new()
        {
            ["model_type"] = "bert",
            ["vocab_size"] = vocabulary.Length,
            ["hidden_size"] = 32,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 2,
            ["intermediate_size"] = 64,
            ["max_position_embeddings"] = 64,
            ["architectures"] = new JsonArray("BertModel"),
        };
        string config = Path.Combine(Folder, "config.json");
        File.WriteAllText(config, json.ToJsonString());
        using PretrainedModel model = PretrainedModel.Create(PretrainedModel.ReadConfig(config), HeadKinds.None, seed: 3);
        model.Save(ModelFolder);
        File.WriteAllLines(Path.Combine(ModelFolder, "vocab.txt"), vocabulary);
        File.Delete(config);
    }

    public string Folder { get; }

    public string ModelFolder => Path.Combine(Folder, "model");

    public string PathOf(string name) => Path.Combine(Folder, name);

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>A short run on data of this folder.</summary>
    public FineTuningOptions Options(FineTuningTask task, string train, string? evaluation = null) => new()
    {
        Model = ModelFolder, Task = task, Train = train, Evaluation = evaluation, Output = PathOf("run"),
        Epochs = 8, LearningRate = 3e-3, BatchSize = 32, Dropout = 0, Encoding = new EncodingOptions { MaxLength = 32 },
    };

    /// <summary>Sentences with one telling word.</summary>
    public string Reviews(string name, int count, ulong seed = 1)
    {
        CounterRandom random = new(seed);
        List<string> lines = ["text\tlabel"];
        for (int i = 0; i < count; i++)
        {
            string[] words = random.NextInt(2) == 0 ? s_good : s_bad;
            string middle = string.Concat(Enumerable.Repeat("and the story ", random.NextInt(3)));
            lines.Add($"the film was {middle}{words[random.NextInt(4)]} .\t{(words == s_good ? "positive" : "negative")}");
        }

        return Write(name, lines);
    }

    /// <summary>The same with a number of 0 or 1, or with one label a telling word.</summary>
    public string Numbers(string name, int count) =>
        Write(
            name,
            File.ReadAllLines(Reviews("rows.tsv", count)).Select(line => line.Replace("positive", "1.0").Replace("negative", "0.0"))
        );

    /// <summary>Names and places in sentences, IOB2.</summary>
    public string Entities(string name, int count)
    {
        CounterRandom random = new(5);
        List<string> lines = [];
        for (int i = 0; i < count; i++)
        {
            lines.AddRange([
                $"{s_names[random.NextInt(3)]}\tB-PER",
                "lives\tO",
                "in\tO",
                $"{s_places[random.NextInt(3)]}\tB-LOC",
                $"{(random.NextInt(2) == 0 ? "." : "?")}\tO",
                "",
            ]);
        }

        return Write(name, lines);
    }

    /// <summary>Questions whose answer is the only place in the text.</summary>
    public string Questions(string name, int count)
    {
        CounterRandom random = new(6);
        JsonArray paragraphs = [];
        for (int i = 0; i < count; i++)
        {
            string person = s_names[random.NextInt(3)],
                place = s_places[random.NextInt(3)];
            string before = string.Concat(Enumerable.Repeat("the book was good . ", random.NextInt(6))),
                context = $"{before}{person} lives in {place} . the film was bad .";
            paragraphs.Add(
                new JsonObject
                {
                    ["context"] = context,
                    ["qas"] = new JsonArray(
                        new JsonObject
                        {
                            ["id"] = $"q{i}",
                            ["question"] = "where ?",
                            ["answers"] = new JsonArray(
                                new JsonObject { ["text"] = place, ["answer_start"] = context.IndexOf(place, StringComparison.Ordinal) }
                            ),
                        }
                    ),
                }
            );
        }

        return Write(
            name,
            [
                new JsonObject
                {
                    ["version"] = "1.1",
                    ["data"] = new JsonArray(new JsonObject { ["title"] = "t", ["paragraphs"] = paragraphs }),
                }.ToJsonString(),
            ]
        );
    }

    /// <summary>Two continuations, the kind one is right.</summary>
    public string Choices(string name, int count)
    {
        CounterRandom random = new(9);
        List<string> lines = [];
        for (int i = 0; i < count; i++)
        {
            int right = random.NextInt(2);
            string good = s_good[random.NextInt(4)],
                bad = s_bad[random.NextInt(4)];
            lines.Add(
                new JsonObject
                {
                    ["context"] = "the book was",
                    ["choices"] = right == 0 ? new JsonArray(good, bad) : new JsonArray(bad, good),
                    ["label"] = right,
                }.ToJsonString()
            );
        }

        return Write(name, lines);
    }

    public string Write(string name, IEnumerable<string> lines)
    {
        File.WriteAllLines(PathOf(name), lines);
        return PathOf(name);
    }
}
