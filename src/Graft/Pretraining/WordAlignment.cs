using Graft.Objectives;
using Graft.Tokenizers;

namespace Graft.Pretraining;

/// <summary>
/// The words of a student's sequence in the teacher's tokens. Two vocabularies cut words differently; the words themselves are what both
/// share.
/// <code>student [CLS] un ##happy cat [SEP]   teacher [CLS] unhappy cat [SEP]   →   (1, 2 ↔ 1, 1) (3, 1 ↔ 2, 1)</code>
/// </summary>
/// <param name="TeacherIds">The teacher's sequence with its specials.</param>
/// <param name="Words">Pairs of places, student and teacher.</param>
internal sealed record WordAlignment(int[] TeacherIds, IReadOnlyList<(Word Student, Word Teacher)> Words)
{
    /// <summary>Encodes a student's sequence for the teacher.</summary>
    /// <param name="ids">The student's ids, nothing masked.</param>
    /// <param name="vocabulary">Says where the student's words are.</param>
    /// <param name="student">Turns its pieces to text.</param>
    /// <param name="teacher">The teacher's tokenizer.</param>
    /// <param name="teacherLimit">The most tokens the teacher reads; words behind are left out.</param>
    public static WordAlignment Of(int[] ids, MaskingVocabulary vocabulary, Tokenizer student, Tokenizer teacher, int teacherLimit)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        List<Word> words = vocabulary.Words(ids);
        string? separator = teacher.SepId is int id ? teacher.IdToToken(id) : null;
        // Where documents meet, the teacher is told so too: [SEP] counts as a word there.
        if (separator is not null)
            words =
            [
                .. words
                    .Concat(Enumerable.Range(0, ids.Length).Where(IsInnerSeparator).Select(i => new Word(i, 1)))
                    .OrderBy(word => word.Start),
            ];
        string[] texts = [.. words.Select(word => IsInnerSeparator(word.Start) ? separator! : Text(word))];
        TokenizedText encoding = teacher.EncodeWords(texts, options: new EncodeOptions { MaxLength = teacherLimit });
        List<(Word, Word)> aligned = [];
        for (int token = 0; token < encoding.Length;)
        {
            int word = encoding.WordIds[token], start = token;
            while (token < encoding.Length && encoding.WordIds[token] == word) token++;
            if (word >= 0) aligned.Add((words[word], new Word(start, token - start)));
        }

        return new WordAlignment(encoding.Ids, aligned);

        // A word that the sequence's start has cut begins with a continuing piece, whose mark is no text.
        string Text(Word word)
        {
            string text = student.Decode(ids.AsSpan(word.Start, word.Length)).Trim();
            return vocabulary.ContinuesWord(ids[word.Start]) && text.StartsWith(VocabularyExtension.Mark, StringComparison.Ordinal)
                ? text[VocabularyExtension.Mark.Length..]
                : text;
        }

        bool IsInnerSeparator(int i) => ids[i] == student.SepId && i > 0 && i < ids.Length - 1;
    }

    /// <summary>With the special tokens at both ends as words.</summary>
    /// <param name="length">Tokens of the student's sequence, specials included.</param>
    internal WordAlignment WithEnds(int length) => this with
    {
        Words = [(new Word(0, 1), new Word(0, 1)), .. Words, (new Word(length - 1, 1), new Word(TeacherIds.Length - 1, 1))],
    };
}
