using System.Globalization;
using Graft.Pretrained;
using Graft.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>
/// A student whose word vectors start from its teacher's, whatever the vocabularies and widths: each token's row is the mean of the teacher's
/// rows for the same text, centred, turned to the student's width by their principal directions, and scaled to the deviation of the rows that
/// were there. It takes seconds, and what the teacher knows of single words need not be learnt again.
/// <code>student "film" ← teacher "film"    student "##wright" ← teacher "##wri", "##ght"    [30522, 384] → [8192, 256]</code>
/// </summary>
internal static class TeacherWordVectors
{
    /// <summary>Puts them into the student.</summary>
    /// <param name="teacher">From.</param>
    /// <param name="student">Into; new.</param>
    /// <param name="tokenizer">The student's.</param>
    /// <param name="seed">Of the turn within the student's width.</param>
    /// <param name="forItsLayers">The student has the teacher's own layers, which expect the rows as they are: neither centred nor turned nor scaled.</param>
    /// <exception cref="InputException">The student's word vectors are wider than the teacher's.</exception>
    public static void Copy(PretrainedModel teacher, PretrainedModel student, Tokenizer tokenizer, ulong seed, bool forItsLayers)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor from = teacher.Backbone.Words.Weight, into = student.Backbone.Words.Weight; // [V, D] and [v, d]
        if (into.shape[1] > from.shape[1])
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"the student's word vectors ({into.shape[1]}) are wider than its teacher's ({from.shape[1]})"));
        int[][] pieces = [.. Enumerable.Range(0, tokenizer.IdEnd).Select(id => Pieces(tokenizer, id, teacher.Tokenizer))];
        int[] known = [.. Enumerable.Range(0, pieces.Length).Where(id => pieces[id].Length > 0)];
        Tensor rows = stack(known.Select(id => from.index_select(0, tensor(pieces[id].Select(piece => (long)piece).ToArray())).mean([0]))); // [n, D]
        Tensor ids = tensor(known.Select(id => (long)id).ToArray());
        if (forItsLayers)
        {
            into.index_copy_(0, ids, rows);
            return;
        }

        rows -= rows.mean([0], keepdim: true);
        if (into.shape[1] < from.shape[1]) rows = rows.mm(PrincipalDirections.Of(rows, (int)into.shape[1])).mm(Turn((int)into.shape[1], seed));
        into.index_copy_(0, ids, rows * (into.std() / rows.std()));
    }

    /// <summary>The teacher's tokens for the text of one of the student's; none for a token without text that the teacher does not have.</summary>
    private static int[] Pieces(Tokenizer student, int id, Tokenizer teacher)
    {
        string? token = student.IdToToken(id);
        if (token is null) return [];
        if (teacher.TokenToId(token) is int same) return [same];
        bool continues = token.StartsWith(VocabularyExtension.Mark, StringComparison.Ordinal) && token.Length > VocabularyExtension.Mark.Length;
        string text = continues ? token[VocabularyExtension.Mark.Length..] : student.Decode([id]).Trim();
        return text.Length == 0 ? [] : teacher.EncodeIds(text, addSpecialTokens: false);
    }

    /// <summary>
    /// [d, d]: a turn at random. Principal directions alone would put most of the variance into a few coordinates; turned, it is spread over
    /// all, as in a table that starts at random, and Adam's steps, alike in size for each coordinate, drown none of them.
    /// </summary>
    private static Tensor Turn(int width, ulong seed)
    {
        using Generator generator = new(seed);
        return linalg.qr(randn(width, width, generator: generator)).Q;
    }
}
