using System.Globalization;
using Graft.Pretrained;
using Graft.Tokenizers;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>
/// A student whose word vectors start from its teacher's, whatever the vocabularies and widths: each token's row is the mean of the teacher's
/// rows for the same text, centred, turned to the student's width by their principal directions, and scaled to the deviation of the rows that
/// were there. What the teacher knows of single words is most of what a small model can take from it, and costs seconds.
/// <code>student "film" ← teacher "film"    student "##wright" ← teacher "##wri", "##ght"    [4096 … 30522, 384] → [8192, 256]</code>
/// </summary>
internal static class TeacherWordVectors
{
    private const string Mark = "##";

    /// <summary>Puts them into the student.</summary>
    /// <param name="teacher">From.</param>
    /// <param name="student">Into; new.</param>
    /// <param name="tokenizer">The student's.</param>
    /// <param name="seed">Of the turn within the student's width.</param>
    /// <exception cref="InputException">The student's word vectors are wider than the teacher's.</exception>
    public static void Copy(PretrainedModel teacher, PretrainedModel student, Tokenizer tokenizer, ulong seed)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor from = teacher.Backbone.Words.Weight, into = student.Backbone.Words.Weight; // [V, D] and [v, d]
        if (into.shape[1] > from.shape[1])
            throw new InputException(string.Create(CultureInfo.InvariantCulture, $"the student's word vectors ({into.shape[1]}) are wider than its teacher's ({from.shape[1]})"));
        int[][] pieces = [.. Enumerable.Range(0, tokenizer.IdEnd).Select(id => Pieces(tokenizer, id, teacher.Tokenizer))];
        int[] known = [.. Enumerable.Range(0, pieces.Length).Where(id => pieces[id].Length > 0)];
        Tensor rows = stack(known.Select(id => from.index_select(0, tensor(pieces[id].Select(piece => (long)piece).ToArray())).mean([0]))); // [n, D]
        rows -= rows.mean([0], keepdim: true);
        if (into.shape[1] < from.shape[1]) rows = rows.mm(PrincipalDirections(rows, (int)into.shape[1], seed));
        into.index_copy_(0, tensor(known.Select(id => (long)id).ToArray()), rows * (into.std() / rows.std()));
    }

    /// <summary>The teacher's tokens for the text of one of the student's; none for a token without text that the teacher does not have.</summary>
    private static int[] Pieces(Tokenizer student, int id, Tokenizer teacher)
    {
        string? token = student.IdToToken(id);
        if (token is null) return [];
        if (teacher.TokenToId(token) is int same) return [same];
        bool continues = token.StartsWith(Mark, StringComparison.Ordinal) && token.Length > Mark.Length;
        string text = continues ? token[Mark.Length..] : student.Decode([id]).Trim();
        return text.Length == 0 ? [] : teacher.EncodeIds(text, addSpecialTokens: false);
    }

    /// <summary>
    /// [D, d]: the d directions that keep most of the rows' variance, turned at random among themselves: the variance is then spread over all
    /// coordinates, as in a table that starts at random, and Adam's steps, alike in size for each coordinate, drown none of them.
    /// </summary>
    private static Tensor PrincipalDirections(Tensor rows, int width, ulong seed)
    {
        (_, Tensor vectors) = linalg.eigh(rows.transpose(0, 1).mm(rows)); // eigenvalues ascend
        using Generator generator = new(seed);
        (Tensor turn, _) = linalg.qr(randn(width, width, generator: generator));
        return vectors.narrow(1, vectors.shape[1] - width, width).mm(turn);
    }
}
