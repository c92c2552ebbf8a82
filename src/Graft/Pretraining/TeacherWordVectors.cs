using System.Globalization;
using Graft.Backbones;
using Graft.Layers;
using Graft.Pretrained;
using Graft.Tokenizers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Graft.Pretraining;

/// <summary>
/// A student whose word vectors start from its teacher's, whatever the vocabularies and widths: each token's row is the mean of the
/// teacher's rows for the same text, centred, turned to the student's width by their principal directions, and scaled to the deviation of
/// the rows that were there. It takes seconds, and what the teacher knows of single words need not be learnt again.
/// <code>student "film" ← teacher "film"    student "##wright" ← teacher "##wri", "##ght"    [30522, 384] → [8192, 256]</code>
/// </summary>
internal static class TeacherWordVectors
{
    /// <summary>Puts them into the student.</summary>
    /// <param name="teacher">From.</param>
    /// <param name="student">Into; new.</param>
    /// <param name="tokenizer">The student's.</param>
    /// <param name="seed">The seed of the turn within the student's width.</param>
    /// <param name="forItsLayers">
    /// The student has the teacher's own layers, which expect the rows as they are: neither centred nor turned nor scaled. Where the
    /// student has smaller vectors that a matrix widens (ELECTRA), positions and segments are turned like words, and the matrix is fitted
    /// to what the layers expect.
    /// </param>
    /// <exception cref="InputException">The student's word vectors are wider than the teacher's.</exception>
    public static void Copy(PretrainedModel teacher, PretrainedModel student, Tokenizer tokenizer, ulong seed, bool forItsLayers)
    {
        using IDisposable noGradient = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor from = teacher.Backbone.Words.Weight, into = student.Backbone.Words.Weight; // [V, D] and [v, d]
        if (into.shape[1] > from.shape[1])
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the student's word vectors ({into.shape[1]}) are wider than its teacher's ({from.shape[1]})"
                )
            );
        int[][] pieces = [.. Enumerable.Range(0, tokenizer.IdEnd).Select(id => Pieces(tokenizer, id, teacher.Tokenizer))];
        int[] known = [.. Enumerable.Range(0, pieces.Length).Where(id => pieces[id].Length > 0)];
        // [n, D]
        Tensor rows = stack(known.Select(id => from.index_select(0, tensor(pieces[id].Select(piece => (long)piece).ToArray())).mean([0])));
        Tensor ids = tensor(known.Select(id => (long)id).ToArray());
        if (forItsLayers && into.shape[1] == from.shape[1])
        {
            into.index_copy_(0, ids, rows);
            return;
        }

        rows -= rows.mean([0], keepdim: true);
        if (forItsLayers)
        {
            Tensor directions = PrincipalDirections.Of(rows, (int)into.shape[1]).mm(Turn((int)into.shape[1], seed));
            into.index_copy_(0, ids, rows.mm(directions));
            TurnTables(teacher, student, directions);
            long[] same = [.. known.Where(id => pieces[id].Length == 1)];
            FitWidening(teacher, student, tensor(same), tensor(same.Select(id => (long)pieces[id][0]).ToArray()));
            return;
        }

        if (into.shape[1] < from.shape[1])
            rows = rows.mm(PrincipalDirections.Of(rows, (int)into.shape[1])).mm(Turn((int)into.shape[1], seed));
        into.index_copy_(0, ids, rows * (into.std() / rows.std()));
    }

    /// <summary>Positions and segments as the words: teacher's row · directions.</summary>
    private static void TurnTables(PretrainedModel teacher, PretrainedModel student, Tensor directions)
    {
        foreach (string table in (string[])["position_embeddings.weight", "token_type_embeddings.weight"])
        {
            Parameter? from = teacher
                .Parameters.FirstOrDefault(parameter => parameter.Name.EndsWith(table, StringComparison.Ordinal))
                .Value;
            Parameter? into = student
                .Parameters.FirstOrDefault(parameter => parameter.Name.EndsWith(table, StringComparison.Ordinal))
                .Value;
            if (from is null || into is null)
                continue;
            long rows = Math.Min(from.shape[0], into.shape[0]);
            into.narrow(0, 0, rows).copy_(from.narrow(0, 0, rows).mm(directions));
        }
    }

    /// <summary>
    /// The matrix and bias that bring the student's normalised vectors closest to the teacher's: least squares over the words that both
    /// have.
    /// </summary>
    private static void FitWidening(PretrainedModel teacher, PretrainedModel student, Tensor studentIds, Tensor teacherIds)
    {
        long length = Math.Min(64, studentIds.shape[0]); // words stand at as many positions
        foreach (int? limit in (int?[])[student.Backbone.PositionLimit, teacher.Backbone.PositionLimit])
            length = Math.Min(length, limit ?? length);
        long texts = studentIds.shape[0] / length;
        EncoderInput Texts(Tensor ids) => new() { InputIds = ids.narrow(0, 0, texts * length).view(texts, length) };
        if (
            student.Backbone.Widen is not Projection widen
            || student.Backbone.NormalisedEmbeddings(Texts(studentIds)) is not Tensor x
            || teacher.Backbone.NormalisedEmbeddings(Texts(teacherIds)) is not Tensor y
        )
            throw new InputException(
                $"a student with its teacher's layers and word vectors narrower than {teacher.Config.HiddenSize} has to be of "
                    + $"ELECTRA's family, which widens them"
            );
        (x, y) = (x.flatten(0, 1), y.flatten(0, 1));
        x = cat([x, ones(x.shape[0], 1)], 1); // the last column is the bias
        Tensor fit = linalg.solve(x.t().mm(x) + (1e-3f * eye(x.shape[1])), x.t().mm(y)); // [E + 1, D]
        widen.Weight.copy_(fit.narrow(0, 0, fit.shape[0] - 1).t());
        widen.Bias!.copy_(fit.select(0, fit.shape[0] - 1));
    }

    /// <summary>
    /// The teacher's tokens for the text of one of the student's; none for a token without text that the teacher does not have.
    /// </summary>
    private static int[] Pieces(Tokenizer student, int id, Tokenizer teacher)
    {
        string? token = student.IdToToken(id);
        if (token is null)
            return [];
        if (teacher.TokenToId(token) is int same)
            return [same];
        bool continues =
            token.StartsWith(VocabularyExtension.Mark, StringComparison.Ordinal) && token.Length > VocabularyExtension.Mark.Length;
        string text = continues ? token[VocabularyExtension.Mark.Length..] : student.Decode([id]).Trim();
        return text.Length == 0 ? [] : teacher.EncodeIds(text, addSpecialTokens: false);
    }

    /// <summary>
    /// [d, d]: a turn at random. Principal directions alone would put most of the variance into a few coordinates; turned, it is spread
    /// over all, as in a table that starts at random, and Adam's steps, alike in size for each coordinate, drown none of them.
    /// </summary>
    private static Tensor Turn(int width, ulong seed)
    {
        using Generator generator = new(seed);
        return linalg.qr(randn(width, width, generator: generator)).Q;
    }
}
