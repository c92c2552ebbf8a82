using Graft.Backbones;
using Graft.Heads;
using Graft.Layers;
using Graft.Objectives;
using Graft.Pretrained;
using Graft.Pretraining.Sequences;
using Graft.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining.Objectives;

/// <summary>
/// Distillation between models of other widths and vocabularies: the direction of the teacher's last hidden states, averaged over words on
/// both sides, [CLS] and [SEP] counting as words. Both read the text as it is. The teacher's states are centred and turned into the
/// student's width by their principal directions, found once on the first sequences: a fixed target, so that nothing can collapse. A
/// student of the teacher's own width follows the states as they are. Alone, or with one half of the sequences masked, which learn masked
/// LM instead.
/// </summary>
internal sealed class HiddenStateObjective : PretrainingObjective, IDisposable
{
    private readonly MaskedObjective? _masked; // of one half of the sequences; null: the states alone
    private readonly PretrainedModel _teacher;
    private readonly MaskingVocabulary _vocabulary;
    private readonly Tokenizer _studentTokenizer, _teacherTokenizer;
    private readonly int _limit;
    private readonly double _weight;
    private Tensor? _mean, _directions; // null where both are of one width
    private bool _isPrepared;

    /// <param name="teacher">Not trained, not disposed.</param>
    /// <param name="teacherTokenizer">The tokenizer.</param>
    /// <param name="codec">The student's.</param>
    /// <param name="masking">How tokens are chosen; null: no masked LM.</param>
    /// <param name="weight">Weight of the hidden states beside masked LM.</param>
    public HiddenStateObjective(
        PretrainedModel teacher,
        Tokenizer teacherTokenizer,
        TextCodec codec,
        MaskedLmOptions? masking,
        double weight
    )
    {
        _vocabulary = codec.MaskingVocabulary();
        _masked = masking is null ? null : new MaskedObjective(masking, _vocabulary);
        (_teacher, _teacherTokenizer, _studentTokenizer, _weight) = (teacher, teacherTokenizer, codec.Tokenizer, weight);
        _limit = teacher.Backbone.PositionLimit ?? 512;
    }

    public override string Head => _masked?.Head ?? HeadKinds.None;

    public override IReadOnlyList<string> LossTerms => [.. _masked?.LossTerms ?? [], "hidden"];

    public override double HeadShare => _masked?.HeadShare ?? 0;

    public override CorruptedSequence Corrupt(TrainingSequence sequence, ulong seed)
    {
        if (_masked is not null && MaskedObjective.Takes(sequence, seed)) return _masked.Corrupt(sequence, seed);
        WordAlignment words = WordAlignment.Of(sequence.Ids, _vocabulary, _studentTokenizer, _teacherTokenizer, _limit);
        return CorruptedSequence.Whole(sequence) with { Alignment = words.WithEnds(sequence.Ids.Length) };
    }

    public override double[] Counts(PretrainingBatch batch) =>
        [.. _masked?.Counts(batch) ?? [], batch.Sequences.Sum(sequence => sequence.Alignment?.Words.Count ?? 0)];

    /// <summary>Finds the teacher's principal directions on some thousand words.</summary>
    public override void Prepare(PretrainedModel model, IReadOnlyList<CorruptedSequence> sequences)
    {
        int width = model.Config.HiddenSize;
        _isPrepared = true;
        if (width == _teacher.Config.HiddenSize) return;
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor words = TeacherWords(Batch(sequences)); // [words, D]
        if (width > words.shape[1])
            throw new InputException(
                string.Create(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"the student is wider ({width}) than its teacher ({words.shape[1]})"
                )
            );
        Tensor mean = words.mean([0]);
        _directions = PrincipalDirections.Of(words - mean, width).DetachFromDisposeScope(); // [D, width]
        _mean = mean.DetachFromDisposeScope();
    }

    public override IReadOnlyList<TermScores> Scores(PretrainedModel model, PretrainingBatch batch, ulong? seed)
    {
        if (!_isPrepared) throw new InvalidOperationException("the teacher's directions were not found yet");
        Tensor states = Run(model, batch.Input(seed)).LastHiddenState;
        DistanceScores distance = new("hidden", Distance(states, batch), _weight);
        return _masked is null ? [distance] : [MaskedObjective.MaskedTokens((LanguageModelHead)model.Head!, states, batch), distance];
    }

    public void Dispose()
    {
        _mean?.Dispose();
        _directions?.Dispose();
    }

    private Tensor Distance(Tensor states, PretrainingBatch batch)
    {
        if (batch.Sequences.All(sequence => sequence.Alignment is null)) return states.sum() * 0; // a zero that gradients can pass through
        Tensor target;
        using (no_grad()) target = _directions is null ? TeacherWords(batch) : (TeacherWords(batch) - _mean!).mm(_directions);
        return Distillation.CosineSum(WordMeans(states, batch.Sequences, sequence => sequence.Ids.Length, pair => pair.Student), target);
    }

    private Tensor TeacherWords(PretrainingBatch batch)
    {
        CorruptedSequence[] followed = [.. batch.Sequences.Where(sequence => sequence.Alignment is not null)];
        int[] boundaries = new int[followed.Length + 1];
        for (int i = 0; i < followed.Length; i++) boundaries[i + 1] = boundaries[i] + followed[i].Alignment!.TeacherIds.Length;
        EncoderInput input = new()
        {
            InputIds = tensor(
                followed.SelectMany(sequence => sequence.Alignment!.TeacherIds).Select(id => (long)id).ToArray(),
                ScalarType.Int64
            ),
            Boundaries = boundaries,
        };
        return WordMeans(
            Run(_teacher, input).LastHiddenState,
            followed,
            sequence => sequence.Alignment!.TeacherIds.Length,
            pair => pair.Teacher
        );
    }

    /// <summary>The mean of each word's rows: [tokens, D] → [words, D].</summary>
    private static Tensor WordMeans(
        Tensor states,
        IReadOnlyList<CorruptedSequence> sequences,
        Func<CorruptedSequence, int> length,
        Func<(Word Student, Word Teacher), Word> side
    )
    {
        List<long> rows = [], wordOfRow = [];
        List<float> share = [];
        int offset = 0, words = 0;
        foreach (CorruptedSequence sequence in sequences)
        {
            foreach ((Word, Word) pair in sequence.Alignment?.Words ?? [])
            {
                Word word = side(pair);
                for (int i = word.Start; i < word.End; i++)
                {
                    rows.Add(offset + i);
                    wordOfRow.Add(words);
                    share.Add(1f / word.Length);
                }

                words++;
            }

            offset += length(sequence);
        }

        Tensor weighted = states.index_select(0, tensor(rows.ToArray(), ScalarType.Int64)) * tensor(share.ToArray()).unsqueeze(1);
        return zeros(words, states.shape[1]).index_add(0, tensor(wordOfRow.ToArray(), ScalarType.Int64), weighted, 1);
    }
}
