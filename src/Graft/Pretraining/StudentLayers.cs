using System.Globalization;
using System.Text.RegularExpressions;
using Graft.Backbones;
using Graft.Pretrained;
using TorchSharp;
using TorchSharp.Modules;

namespace Graft.Pretraining;

/// <summary>
/// A student that starts from some of its teacher's layers, everything else copied (Sanh et al. 2019, §3: every other layer). A DistilBERT
/// student takes BERT's parameters under its own names and leaves token types and pooler out; an ELECTRA student of BERT takes the layers,
/// and has word vectors of its own width.
/// <code>layers 0, 2: student layer 0 = teacher layer 0, student layer 1 = teacher layer 2</code>
/// </summary>
internal static partial class StudentLayers
{
    /// <summary>Copies the teacher's parameters into a student.</summary>
    /// <param name="teacher">From.</param>
    /// <param name="student">Into; as wide as the teacher.</param>
    /// <param name="layers">The teacher's layer for each of the student's.</param>
    /// <returns>The number of parameters (tensors) that found no counterpart.</returns>
    /// <exception cref="InputException">A layer does not exist, or there are not as many as the student has.</exception>
    public static int Copy(PretrainedModel teacher, PretrainedModel student, IReadOnlyList<int> layers)
    {
        Check(teacher.Config, student.Config, layers);
        // A model loaded without a head has its parameters without the family's prefix.
        string ofTeacher = MissingPrefix(teacher),
            ofStudent = MissingPrefix(student);
        ModelFamily family = ModelFamilies.Of(student.Config.ModelType, "the student"),
            origin = ModelFamilies.Of(teacher.Config.ModelType, "the teacher");
        Dictionary<string, Parameter> source = teacher.Parameters.ToDictionary(
            parameter => family.NameFrom(origin, ofTeacher + parameter.Name),
            parameter => parameter.Value,
            StringComparer.Ordinal
        );
        int without = 0;
        using IDisposable noGradient = torch.no_grad();
        foreach ((string name, Parameter value) in student.Parameters)
        {
            string from = LayerNumber()
                .Replace(ofStudent + name, match =>
                    match.Groups["before"].Value
                    + layers[int.Parse(match.Groups["number"].ValueSpan, CultureInfo.InvariantCulture)]
                        .ToString(CultureInfo.InvariantCulture)
                    + "."
                );
            if (source.TryGetValue(from, out Parameter? given) && given.shape.SequenceEqual(value.shape))
                value.copy_(given);
            else
                without++;
        }

        return without;
    }

    private static string MissingPrefix(PretrainedModel model) =>
        model.BackbonePrefix.Length == 0 ? ModelFamilies.Of(model.Config.ModelType, "the model").Prefix : "";

    private static void Check(ModelConfig teacher, ModelConfig student, IReadOnlyList<int> layers)
    {
        if (layers.Count != student.LayerCount)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"`student-layers` names {layers.Count} layers, the student has {student.LayerCount}"
                )
            );
        foreach (int layer in layers)
        {
            if (layer < 0 || layer >= teacher.LayerCount)
                throw new InputException(
                    "student-layers",
                    layer.ToString(CultureInfo.InvariantCulture),
                    string.Create(CultureInfo.InvariantCulture, $"0 … {teacher.LayerCount - 1}, which the teacher has")
                );
        }

        if (teacher.HiddenSize != student.HiddenSize)
            throw new InputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"a student of width {student.HiddenSize} cannot start from layers of width {teacher.HiddenSize}"
                )
            );
    }

    [GeneratedRegex(
        @"(?<before>(^|\.)(layer|layers|h|block)\.)(?<number>\d+)\.",
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex LayerNumber();
}
