using System.Globalization;
using Graft.Backbones;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Objectives;
using Graft.Tokenizers;
using Microsoft.Extensions.Logging;

namespace Graft.Pretraining;

/// <summary>The models that a pre-training run begins with: new or loaded, a student with its teacher, a generator.</summary>
/// <param name="options">How the run goes.</param>
/// <param name="modelConfig">A configuration to make a model of: a path or a shipped name.</param>
/// <param name="initFrom">A model folder to continue from.</param>
/// <param name="following">The teacher; null for none.</param>
/// <param name="dropout">Dropout of the model.</param>
internal sealed class StartingModels(
    PretrainingOptions options, string? modelConfig, string? initFrom, TeacherOptions? following, double dropout)
{
    /// <summary>Refuses too few and too many ways to get a model.</summary>
    /// <exception cref="InputException">Names what to give.</exception>
    public void RequireOne()
    {
        if (following is null && (modelConfig is null) == (initFrom is null))
            throw new InputException("give either `model-config` (a new model) or `init-from` (go on from a model)");
        if (following is null)
            return;
        bool isNew = modelConfig is not null || following.StudentLayers is not null;
        if (isNew == (initFrom is not null))
            throw new InputException(
                "give `student-config` (a new student), `student-layers` (one made of the teacher's) or both; or `init-from` (a "
                    + "student that exists)"
            );
        if (following.WordVectors && initFrom is not null)
            throw new InputException("`teacher-word-vectors` is for a new student: `init-from` has word vectors of its own");
    }

    /// <summary>The teacher; null where none is followed.</summary>
    /// <remarks>
    /// Only the triple loss looks at the teacher's distribution. A teacher without a masked-LM head, such as a sentence encoder, has none.
    /// </remarks>
    public PretrainedModel? LoadTeacher(bool sameTokens)
    {
        if (following is null) return null;
        if (sameTokens && !following.StatesOnly)
        {
            PretrainedModel teacher = PretrainedModel.Load(following.Folder, new LoadOptions { Head = HeadKinds.MaskedLm, Dropout = 0 });
            if (teacher.Report.Missing.Count == 0) return teacher;
            teacher.Dispose();
        }

        return PretrainedModel.Load(following.Folder, new LoadOptions { Head = HeadKinds.None, Dropout = 0 });
    }

    /// <summary>The objective of a student.</summary>
    public PretrainingObjective FollowTeacher(PretrainedModel teacher, PretrainedModel student, TextCodec codec, bool sameTokens)
    {
        bool sameWidth = teacher.Config.HiddenSize == student.Config.HiddenSize;
        if (sameTokens && teacher.Head is not null)
            return new DistillationObjective(
                teacher,
                sameWidth ? following!.Loss : following!.Loss with { Cosine = 0 },
                options.Masking,
                codec.MaskingVocabulary(),
                following.Pairs
            );
        MaskedLmOptions? masking = student.Head is null ? null : options.Masking;
        if (sameTokens && sameWidth)
            return new StatesObjective(
                teacher,
                masking is null ? null : new MaskedObjective(masking, codec.MaskingVocabulary()),
                following!.HiddenWeight,
                following.Pairs
            );
        if (following!.Pairs)
            throw new InputException(
                "`pairs` goes with a student that has its teacher's vocabulary and, where the teacher has no masked-LM head, its width"
            );
        return new HiddenStateObjective(
            teacher,
            Tokenizer.Load(following.Folder),
            codec,
            masking,
            masking is null ? 1 : following.HiddenWeight
        );
    }

    /// <summary>The model that a run begins with.</summary>
    public PretrainedModel Make(TextCodec codec, PretrainedModel? teacher, ILogger logger)
    {
        if (teacher is not null && following!.StudentLayers is { } layers) return MakeStudent(teacher, codec, layers, logger);
        ModelConfig config = initFrom is null ? ShippedConfigs.Read(modelConfig!) : PretrainedModel.ReadConfig(initFrom);
        if (initFrom is not null)
            return PretrainedModel.Load(
                initFrom,
                new LoadOptions
                {
                    Head = HeadOfModel,
                    Dropout = dropout,
                    Seed = options.Training.Seed,
                }
            );
        config = config.With("vocab_size", codec.VocabularySize).WithDropout(dropout);
        PretrainedModel model = PretrainedModel.Create(config, HeadOfModel, options.Training.Seed);
        if (following is { WordVectors: true })
            TeacherWordVectors.Copy(teacher!, model, codec.Tokenizer, options.Training.Seed, forItsLayers: false);
        return model;
    }

    /// <summary>
    /// ELECTRA's generator: the model's shape at a quarter of its heads and inner width, with the model's own embeddings (Clark et al.
    /// 2020, §3.2). Families whose word vectors cannot be wider than their states have tables of their own.
    /// </summary>
    public PretrainedModel? MakeGenerator(PretrainedModel model)
    {
        if (!PretrainingObjectives.Find(options.Objective).TrainsGenerator) return null;
        const int shrink = 4;
        ModelConfig config = model.Config;
        int headSize = config.HiddenSize / config.HeadCount,
            heads = Math.Max(1, config.HeadCount / shrink);
        ModelConfig small = config
            .With("num_attention_heads", heads)
            .With("hidden_size", heads * headSize)
            .With("intermediate_size", heads * headSize * 4);
        PretrainedModel generator = PretrainedModel.Create(small, HeadKinds.MaskedLm, CounterRandom.Key(options.Training.Seed, 1));
        generator.Backbone.ShareEmbeddings(model.Backbone);
        return generator;
    }

    // To follow hidden states alone a student needs no head.
    private string HeadOfModel => following is { StatesOnly: true } ? HeadKinds.None : PretrainingObjectives.Find(options.Objective).Head;

    private PretrainedModel MakeStudent(PretrainedModel teacher, TextCodec codec, IReadOnlyList<int> layers, ILogger logger)
    {
        ModelConfig config = modelConfig is null
            ? teacher.Config.With("num_hidden_layers", layers.Count)
            : ShippedConfigs.Read(modelConfig);
        PretrainedModel student = PretrainedModel.Create(
            config.With("vocab_size", codec.VocabularySize).WithDropout(dropout),
            HeadOfModel,
            options.Training.Seed
        );
        int without = StudentLayers.Copy(teacher, student, layers);
        if (following!.WordVectors) TeacherWordVectors.Copy(teacher, student, codec.Tokenizer, options.Training.Seed, forItsLayers: true);
        double saved = 1 - ((double)student.ParameterCount / teacher.ParameterCount);
        logger.Tell(
            string.Create(
                CultureInfo.InvariantCulture,
                $"student    layers {string.Join(", ", layers)} of the teacher, {100 * saved:F1} % fewer parameters, {without} tensors "
                    + $"without a counterpart"
            )
        );
        return student;
    }
}
