using System.Text.Json.Nodes;
using Graft.Backbones;
using Graft.Generation;
using Graft.Heads;
using Graft.Inference;
using Graft.Pretrained;
using Graft.Tests.Contracts;
using Graft.Tests.Tasks;
using Graft.Torch;

namespace Graft.Tests.Pretrained;

/// <summary>What the files of a published folder mean: followed, refused by name, or reported.</summary>
public sealed class ModelFolderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-folder-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("is_decoder", "true")]
    [InlineData("add_cross_attention", "true")]
    [InlineData("rope_scaling", """{"type": "dynamic", "factor": 2.0}""")]
    [InlineData("rope_parameters", """{"rope_type": "yarn", "rope_theta": 10000.0}""")]
    [InlineData("quantization_config", """{"quant_method": "gptq", "bits": 4}""")]
    [InlineData("position_embedding_type", "\"relative_key_query\"")]
    [InlineData("pruned_heads", """{"0": [1]}""")]
    [InlineData("auto_map", """{"AutoModel": "modeling_other.OtherModel"}""")]
    public void AKeyThatWouldChangeTheAnswersIsRefusedByName(string key, string value)
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.SequenceClassification, ["no", "yes"]);
        Change("config.json", json => json[key] = JsonNode.Parse(value));
        InputException refused = Assert.Throws<InputException>(() => PretrainedModel.Load(_folder));
        Assert.Contains(key, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    [Fact]
    public void AKeyOnNoListIsReportedAndOthersAreNot()
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.SequenceClassification, ["no", "yes"]);
        Change("config.json", json =>
            (json["use_sliding_trick"], json["_name_or_path"], json["pruned_heads"]) = (true, "elsewhere", new JsonObject())
        );
        using PretrainedModel model = PretrainedModel.Load(_folder);
        Assert.Equal(["use_sliding_trick"], model.Report.UnknownConfigKeys);
        Assert.Contains(model.Report.Notes, note => note.Contains("use_sliding_trick", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""["no", "maybe", "yes"]""", null)]
    [InlineData("""{"2": "yes", "0": "no", "1": "maybe"}""", null)]
    [InlineData(null, """{"yes": 2, "no": 0, "maybe": 1}""")]
    public void LabelsAreReadInEveryFormTheyAreWrittenIn(string? id2label, string? label2id)
    {
        ModelConfig config = TinyModels.Config("bert");
        if (id2label is not null) config = config.With("id2label", JsonNode.Parse(id2label));
        if (label2id is not null) config = config.With("label2id", JsonNode.Parse(label2id));
        Assert.Equal(["no", "maybe", "yes"], config.Labels);
    }

    [Theory]
    [InlineData(3, new[] { "LABEL_0", "LABEL_1", "LABEL_2" })] // as in the reference: the number counts
    [InlineData(2, new[] { "no", "yes" })]
    public void ANumberOfLabelsThatContradictsTheirNamesCountsAndIsTold(int number, string[] labels)
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.SequenceClassification, [.. Enumerable.Range(0, number).Select(i => $"l{i}")]);
        Change("config.json", json =>
        {
            json["num_labels"] = number;
            (json["id2label"], json["label2id"]) = (new JsonObject { ["0"] = "no", ["1"] = "yes" }, null);
        });
        using PretrainedModel model = PretrainedModel.Load(_folder);
        Assert.Equal(labels, model.Config.Labels);
        Assert.Equal(number != 2, model.Report.Notes.Any(note => note.Contains("num_labels", StringComparison.Ordinal)));
    }

    [Fact]
    public void LabelsThatAreNumbersAreNamesToo() =>
        Assert.Equal(["5", "true"], TinyModels.Config("bert").With("id2label", JsonNode.Parse("""{"0": 5, "1": true}""")).Labels);

    [Theory]
    [InlineData("bert", HeadKinds.MaskedLm)]
    [InlineData("roberta", HeadKinds.MaskedLm)]
    [InlineData("distilbert", HeadKinds.MaskedLm)]
    [InlineData("albert", HeadKinds.MaskedLm)]
    [InlineData("electra", HeadKinds.MaskedLm)]
    [InlineData("mpnet", HeadKinds.MaskedLm)]
    [InlineData("modernbert", HeadKinds.MaskedLm)]
    [InlineData("deberta-v2", HeadKinds.MaskedLm)]
    [InlineData("gpt2", HeadKinds.CausalLm)]
    public void AnUntiedOutputMatrixIsSavedAndReadAgain(string family, string head)
    {
        ModelConfig config = TinyModels.Config(family).With("tie_word_embeddings", false);
        long tied, untied;
        using (PretrainedModel shared = PretrainedModel.Create(TinyModels.Config(family), head)) tied = shared.ParameterCount;
        using (PretrainedModel made = PretrainedModel.Create(config, head))
        {
            made.Save(_folder);
            untied = made.ParameterCount;
        }

        using PretrainedModel read = PretrainedModel.Load(_folder);
        Assert.Equal((head, untied), (read.HeadKind, read.ParameterCount));
        Assert.Empty(read.Report.Missing);
        Assert.Empty(read.Report.Unexpected);
        Assert.True(untied > tied, $"{untied} parameters, {tied} with the shared table");
    }

    [Fact]
    public void DenseAndJoinedPoolingsAreFollowedAndWrittenAgain()
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.Embedding);
        WriteLayout("""{"embedding_dimension": 24, "pooling_mode": ["max", "cls"]}""", "Dense");
        float[] weight = [.. Enumerable.Range(0, 5 * 48).Select(i => MathF.Sin(i) / 4)],
            bias = [0.1f, -0.2f, 0.3f, 0, 0.5f];
        EmbeddingModules.Write(
            Path.Combine(_folder, "2_Dense"),
            new DenseStep(weight, 5, bias, Activation.Tanh, "torch.nn.modules.activation.Tanh")
        );
        float[] found,
            first,
            largest;
        using (Embedder embedder = Embedder.Load(_folder))
        {
            Assert.Equal(5, embedder.Dimensions);
            found = embedder.Embed("the film was good .");
        }

        Directory.Delete(Path.Combine(_folder, "2_Dense"), recursive: true);
        WriteLayout("""{"word_embedding_dimension": 24, "pooling_mode_mean_tokens": true}""");
        using (Embedder embedder = Embedder.Load(_folder, new() { Pooling = EmbeddingPooling.First }))
            first = embedder.Embed("the film was good .");
        using (Embedder embedder = Embedder.Load(_folder, new() { Pooling = EmbeddingPooling.Max }))
            largest = embedder.Embed("the film was good .");
        float[] joined = [.. first, .. largest];
        for (int row = 0; row < 5; row++)
            Assert.Equal(
                Math.Tanh(bias[row] + joined.Select((value, i) => (double)value * weight[(row * 48) + i]).Sum()),
                found[row],
                1e-5
            );
    }

    [Fact]
    public void TheDefaultPromptStandsBeforeEveryTextUnlessAnotherIsAskedFor()
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.Embedding);
        WriteLayout("""{"word_embedding_dimension": 24, "pooling_mode_mean_tokens": true}""");
        File.WriteAllText(
            Path.Combine(_folder, "config_sentence_transformers.json"),
            """{"prompts": {"ask": "who lives ", "tell": "the "}, "default_prompt_name": "ask"}"""
        );
        Assert.Equal(Vector(new() { Prompt = "" }, "who lives in rome"), Vector(new(), "in rome"));
        Assert.Equal(Vector(new() { Prompt = "" }, "the film"), Vector(new() { PromptName = "tell" }, "film"));
        Assert.Contains(
            "ask, tell",
            Assert.Throws<InputException>(() => Vector(new() { PromptName = "sing" }, "film")).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void GenerationSettingsOfTheFolderCountAndOthersAreNamed()
    {
        TinyFamily.Create(_folder, "gpt2", HeadKinds.CausalLm);
        int[] plain = Written("""{"eos_token_id": 6, "max_new_tokens": 6}""", out _);
        int[] without = Written(
            $$"""{"eos_token_id": 6, "max_new_tokens": 6, "bad_words_ids": [[{{plain[0]}}]], "typical_p": 0.9,"""
                + $$""" "renormalize_logits": false}""",
            out IReadOnlyList<string> notes
        );
        Assert.DoesNotContain(plain[0], without);
        Assert.Equal("typical_p", Assert.Single(notes).Split(": ")[1].Split(' ')[0]);
        Assert.Equal(3, Written("""{"eos_token_id": [60], "max_length": 5}""", out _).Length);
        Assert.Equal(9, Written("""{"eos_token_id": 6, "max_new_tokens": 3, "forced_eos_token_id": 9}""", out _)[2]);
        Assert.Contains(
            "bad_words_ids",
            Assert.Throws<InputException>(() => Written("""{"bad_words_ids": [[9999]]}""", out _)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void MutatedFilesAreReadOrRefusedInOneLine()
    {
        TinyFamily.Create(_folder, "bert", HeadKinds.Embedding);
        WriteLayout("""{"word_embedding_dimension": 24, "pooling_mode_cls_token": true}""");
        File.WriteAllText(
            Path.Combine(_folder, "config_sentence_transformers.json"),
            """{"prompts": {"ask": "who "}, "default_prompt_name": null}"""
        );
        File.WriteAllText(
            Path.Combine(_folder, "special_tokens_map.json"),
            """{"cls_token": "[CLS]", "mask_token": {"content": "[MASK]", "lstrip": true}}"""
        );
        string[] files =
        [
            "config.json",
            "tokenizer_config.json",
            "tokenizer.json",
            "modules.json",
            "1_Pooling/config.json",
            "config_sentence_transformers.json",
            "special_tokens_map.json",
        ];
        CounterRandom random = new(20);
        for (int round = 0; round < 210; round++)
        {
            string path = Path.Combine(_folder, files[round % files.Length]), whole = File.ReadAllText(path);
            string mutated = JsonMutations.Mutate(whole, random);
            File.WriteAllText(path, mutated);
            try
            {
                _ = Vector(new(), "the film was good .");
            }
            catch (Exception failure) when (failure is InputException or RunFailedException)
            {
                Assert.DoesNotContain('\n', failure.Message);
            }
            catch (Exception failure)
            {
                Assert.Fail($"{files[round % files.Length]}, round {round}: {failure}\n{mutated[..Math.Min(600, mutated.Length)]}");
            }

            File.WriteAllText(path, whole);
        }
    }

    private float[] Vector(EmbedderOptions options, string text)
    {
        using Embedder embedder = Embedder.Load(_folder, options);
        return embedder.Embed(text);
    }

    private int[] Written(string settings, out IReadOnlyList<string> notes)
    {
        File.WriteAllText(Path.Combine(_folder, "generation_config.json"), settings);
        using TextGenerator generator = TextGenerator.Load(_folder);
        notes = generator.Notes;
        return [.. generator.Generate("the film").Tokens];
    }

    private void WriteLayout(string pooling, params string[] further)
    {
        JsonArray modules = [Module("", "Transformer"), Module("1_Pooling", "Pooling")];
        foreach (string name in further) modules.Add(Module($"{modules.Count}_{name}", name));
        Directory.CreateDirectory(Path.Combine(_folder, "1_Pooling"));
        File.WriteAllText(Path.Combine(_folder, "modules.json"), modules.ToJsonString());
        File.WriteAllText(Path.Combine(_folder, "1_Pooling", "config.json"), pooling);

        static JsonObject Module(string path, string type) => new() { ["path"] = path, ["type"] = "sentence_transformers.models." + type };
    }

    private void Change(string file, Action<JsonObject> change)
    {
        string path = Path.Combine(_folder, file);
        JsonObject json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        change(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
