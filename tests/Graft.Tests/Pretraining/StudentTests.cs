using Graft.Backbones;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining;
using Graft.Tokenizers;
using TorchSharp.Modules;

namespace Graft.Tests.Pretraining;

public sealed class StudentTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("graft-student-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("bert")]
    [InlineData("distilbert")]
    public void AStudentStartsFromTheLayersNamed(string family)
    {
        using PretrainedModel teacher = PretrainedModel.Create(Tiny(layers: 4), HeadKinds.MaskedLm, seed: 1);
        ModelConfig config = family == "bert" ? Tiny(layers: 2) : DistilBert();
        using PretrainedModel student = PretrainedModel.Create(config, HeadKinds.MaskedLm, seed: 2);
        Assert.Equal(0, StudentLayers.Copy(teacher, student, [1, 3]));
        string query =
            family == "bert" ? "bert.encoder.layer.1.attention.self.query.weight" : "distilbert.transformer.layer.1.attention.q_lin.weight";
        Assert.Equal(Values(teacher, "bert.encoder.layer.3.attention.self.query.weight"), Values(student, query));
    }

    [Fact]
    public void ASentenceEncoderSLayersServeAStudentWithAnotherVocabulary()
    {
        Tokenizer words = Vocabulary("words.txt", "film", "song", "##s"),
            own = Vocabulary("own.txt", "films", "song");
        using PretrainedModel teacher = PretrainedModel.Create(
            Tiny(layers: 3).With("vocab_size", 8),
            HeadKinds.None,
            seed: 1,
            Path.Combine(_folder, "words.txt")
        );
        using PretrainedModel student = PretrainedModel.Create(Tiny(layers: 1).With("vocab_size", 7), HeadKinds.MaskedLm, seed: 2);
        StudentLayers.Copy(teacher, student, [2]);
        TeacherWordVectors.Copy(teacher, student, own, seed: 3, forItsLayers: true);
        Assert.Equal(Values(teacher, "encoder.layer.2.output.dense.weight"), Values(student, "bert.encoder.layer.0.output.dense.weight"));
        Assert.Equal(Values(teacher, "embeddings.LayerNorm.weight"), Values(student, "bert.embeddings.LayerNorm.weight"));
        float[] from = Values(teacher, "embeddings.word_embeddings.weight"),
            into = Values(student, "bert.embeddings.word_embeddings.weight");
        for (int i = 0; i < 16; i++)
        {
            Assert.Equal((from[(5 * 16) + i] + from[(7 * 16) + i]) / 2, into[(5 * 16) + i], 1e-7f); // films: film and ##s
            Assert.Equal(from[(6 * 16) + i], into[(6 * 16) + i]);
        }
    }

    [Theory]
    [InlineData(256, 64)]
    [InlineData(50, 64)]
    [InlineData(256, 32)]
    public void AnELECTRAStudentWidensSmallerWordVectorsToWhatTheLayersExpect(int vocabulary, int positions)
    {
        Tokenizer tokenizer = Vocabulary("many.txt", [.. Enumerable.Range(0, vocabulary - 5).Select(i => $"w{i}")]);
        using PretrainedModel teacher = PretrainedModel.Create(
            Tiny(layers: 3).With("vocab_size", vocabulary),
            HeadKinds.None,
            seed: 1,
            Path.Combine(_folder, "many.txt")
        );
        string path = Path.Combine(_folder, "electra.json");
        File.WriteAllText(
            path,
            $$"""{"model_type": "electra", "vocab_size": {{vocabulary}}, "embedding_size": 12, "hidden_size": 16,"""
                + $$""" "intermediate_size": 32, "num_attention_heads": 2, "num_hidden_layers": 3,"""
                + $$""" "max_position_embeddings": {{positions}}}"""
        );
        using PretrainedModel student = PretrainedModel.Create(PretrainedModel.ReadConfig(path), HeadKinds.MaskedLm, seed: 2),
            untaught = PretrainedModel.Create(PretrainedModel.ReadConfig(path), HeadKinds.MaskedLm, seed: 2);
        foreach (PretrainedModel model in new[] { student, untaught })
            StudentLayers.Copy(teacher, model, [0, 1, 2]);
        TeacherWordVectors.Copy(teacher, student, tokenizer, seed: 3, forItsLayers: true);
        Assert.Equal(
            Values(teacher, "encoder.layer.2.output.dense.weight"),
            Values(student, "electra.encoder.layer.2.output.dense.weight")
        );
        using TorchSharp.DisposeScope scope = TorchSharp.torch.NewDisposeScope();
        double taught = Likeness(student), before = Likeness(untaught);
        Assert.True(taught > 0.8, $"twelve of sixteen directions: cosine {taught} (with vectors of its own {before})");
        Assert.True(before < 0.3, $"layers that read other vectors than theirs: {before}");
        using PretrainedModel narrow = PretrainedModel.Create(
            Tiny(layers: 1).With("vocab_size", vocabulary).With("hidden_size", 8),
            HeadKinds.MaskedLm
        );
        Assert.Contains(
            "ELECTRA",
            Assert.Throws<InputException>(() => TeacherWordVectors.Copy(teacher, narrow, tokenizer, seed: 3, forItsLayers: true)).Message,
            StringComparison.Ordinal
        );

        double Likeness(PretrainedModel model)
        {
            EncoderInput text = new() { InputIds = TorchSharp.torch.arange(5, 37, TorchSharp.torch.ScalarType.Int64).view(2, 16) };
            return TorchSharp
                .torch.nn.functional.cosine_similarity(
                    model.Backbone.Forward(text).LastHiddenState,
                    teacher.Backbone.Forward(text).LastHiddenState,
                    -1,
                    1e-8
                )
                .mean()
                .item<float>();
        }
    }

    [Fact]
    public void ImpossibleLayersAreNamed()
    {
        using PretrainedModel teacher = PretrainedModel.Create(Tiny(layers: 2), HeadKinds.MaskedLm),
            student = PretrainedModel.Create(Tiny(layers: 1), HeadKinds.MaskedLm);
        Assert.Contains("0 … 1", Assert.Throws<InputException>(() => StudentLayers.Copy(teacher, student, [2])).Message);
        Assert.Contains("names 2 layers", Assert.Throws<InputException>(() => StudentLayers.Copy(teacher, student, [0, 1])).Message);
    }

    [Fact]
    public void WordsAreFoundAgainInAnotherVocabulary()
    {
        Tokenizer student = Vocabulary("student.txt", "un", "##happy", "cat", "."),
            teacher = Vocabulary("teacher.txt", "unhappy", "c", "##at", ".");
        TextCodec codec = new(student);
        WordAlignment alignment = WordAlignment.Of(student.EncodeIds("unhappy cat."), codec.MaskingVocabulary(), student, teacher, 512);
        Assert.Equal(teacher.EncodeIds("unhappy cat."), alignment.TeacherIds);
        Assert.Equal(
            [(new Word(1, 2), new Word(1, 1)), (new Word(3, 1), new Word(2, 2)), (new Word(4, 1), new Word(4, 1))],
            alignment.Words
        );
        // A window in which two documents meet.
        int[] two = [.. student.EncodeIds("unhappy"), .. student.EncodeIds("cat", addSpecialTokens: false), student.SepId!.Value];
        Assert.Equal(
            4,
            WordAlignment
                .Of(
                    [student.ClsId!.Value, student.TokenToId("##happy")!.Value, student.TokenToId("cat")!.Value, student.SepId!.Value],
                    codec.MaskingVocabulary(),
                    student,
                    Vocabulary("cut.txt", "happy", "cat"),
                    512
                )
                .TeacherIds.Length
        );
        alignment = WordAlignment.Of(two, codec.MaskingVocabulary(), student, teacher, 512);
        Assert.Equal(
            [.. teacher.EncodeIds("unhappy"), .. teacher.EncodeIds("cat", addSpecialTokens: false), teacher.SepId!.Value],
            alignment.TeacherIds
        );
        Assert.Equal(
            [(new Word(1, 2), new Word(1, 1)), (new Word(3, 1), new Word(2, 1)), (new Word(4, 1), new Word(3, 2))],
            alignment.Words
        );
    }

    [Fact]
    public void NewWordsStartAsTheMeanOfTheirPieces()
    {
        Tokenizer tokenizer = Vocabulary("old.txt", "un", "##happy", "##well", "cat", ".");
        string text = Path.Combine(_folder, "text.txt");
        File.WriteAllText(text, string.Concat(Enumerable.Repeat("unhappy cat. ", 9)) + string.Concat(Enumerable.Repeat("unwell cat. ", 6)));
        VocabularyExtension extension = VocabularyExtension.Find(tokenizer, [Graft.Corpus.CorpusSource.Parse(text)], 10);
        Assert.Equal(["unhappy", "unwell"], extension.Words);
        Tokenizer extended = extension.Save(tokenizer, Path.Combine(_folder, "extended"));
        Assert.Equal([10, 8], extended.EncodeIds("unhappy cat", addSpecialTokens: false));
        using PretrainedModel old = PretrainedModel.Create(Tiny(layers: 1).With("vocab_size", 10), HeadKinds.MaskedLm, seed: 1),
            model = extension.Extend(old, 10);
        Assert.Equal(12, model.Config.VocabularySize);
        float[] before = Values(old, "bert.embeddings.word_embeddings.weight"),
            after = Values(model, "bert.embeddings.word_embeddings.weight");
        Assert.Equal(before, after[..before.Length]);
        for (int i = 0; i < 16; i++) Assert.Equal((before[(5 * 16) + i] + before[(6 * 16) + i]) / 2, after[(10 * 16) + i], 1e-6f);
    }

    private static ModelConfig Tiny(int layers) =>
        ShippedConfigs
            .Read("bert-mini-2x128")
            .With("hidden_size", 16)
            .With("intermediate_size", 32)
            .With("num_attention_heads", 2)
            .With("vocab_size", 50)
            .With("num_hidden_layers", layers);

    private ModelConfig DistilBert()
    {
        string path = Path.Combine(_folder, "config.json");
        File.WriteAllText(
            path,
            """{"model_type": "distilbert", "vocab_size": 50, "dim": 16, "hidden_dim": 32, "n_heads": 2, "n_layers": 2,"""
                + """ "max_position_embeddings": 512, "pad_token_id": 0}"""
        );
        return PretrainedModel.ReadConfig(path);
    }

    private static float[] Values(PretrainedModel model, string name)
    {
        Parameter value = model.Parameters.Single(parameter => parameter.Name == name).Value;
        return value.detach().reshape(-1).data<float>().ToArray();
    }

    private Tokenizer Vocabulary(string name, params string[] words)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllLines(path, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. words]);
        return Tokenizer.Load(path);
    }
}
