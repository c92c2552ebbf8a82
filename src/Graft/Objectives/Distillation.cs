using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Objectives;

/// <summary>Weights and temperature of the triple loss.</summary>
public sealed record DistillationOptions
{
    /// <summary>Softens both distributions.</summary>
    /// <value>Positive; 2.</value>
    public double Temperature { get; init; } = 2;

    /// <summary>Weight of the divergence from the teacher's distribution.</summary>
    /// <value>5.</value>
    public double SoftTargets { get; init; } = 5;

    /// <summary>Weight of masked language modelling.</summary>
    /// <value>2.</value>
    public double MaskedLm { get; init; } = 2;

    /// <summary>Weight of the cosine distance between last hidden states.</summary>
    /// <value>1; 0 where the widths differ.</value>
    public double Cosine { get; init; } = 1;

    /// <summary>Refuses impossible options.</summary>
    /// <exception cref="InputException">An option is out of its range.</exception>
    public void Validate()
    {
        if (!(Temperature > 0))
            throw new InputException("temperature", Temperature.ToString(System.Globalization.CultureInfo.InvariantCulture), "above 0");
        if (SoftTargets < 0 || MaskedLm < 0 || Cosine < 0)
            throw new InputException("the weights of the distillation loss are at least 0");
    }
}

/// <summary>
/// DistilBERT's losses (Sanh et al. 2019, §3; <c>distiller.py</c> of the published code): the student follows the teacher's softened
/// distribution and the direction of its last hidden states. Each is a sum over the tokens given (those that are not padding); divided by
/// their number it is the published mean.
/// <code>
/// teacher's p = softmax(logits / 2) = (0.7, 0.3), student's q = (0.5, 0.5)
///   →  2² · (0.7 · ln(0.7 / 0.5) + 0.3 · ln(0.3 / 0.5)) = 0.329
/// </code>
/// </summary>
internal static class Distillation
{
    /// <summary>T² · Σ over tokens of KL(teacher ‖ student), both softened.</summary>
    /// <param name="student">Logits [tokens, V], with gradient.</param>
    /// <param name="teacher">Logits [tokens, V].</param>
    /// <param name="temperature">T.</param>
    /// <returns>A scalar.</returns>
    public static Tensor SoftTargetSum(Tensor student, Tensor teacher, double temperature)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        Tensor expected = nn.functional.softmax(teacher.detach() / temperature, -1);
        Tensor logStudent = nn.functional.log_softmax(student / temperature, -1);
        Tensor logTeacher = nn.functional.log_softmax(teacher.detach() / temperature, -1);
        return (expected * (logTeacher - logStudent)).sum() * (temperature * temperature);
    }

    /// <summary>Σ over tokens of 1 − cosine(student, teacher).</summary>
    /// <param name="student">States [tokens, D], with gradient.</param>
    /// <param name="teacher">States [tokens, D].</param>
    /// <returns>A scalar.</returns>
    public static Tensor CosineSum(Tensor student, Tensor teacher)
    {
        ArgumentNullException.ThrowIfNull(student);
        ArgumentNullException.ThrowIfNull(teacher);
        const double tiny = 1e-8;
        Tensor fixedTeacher = teacher.detach();
        Tensor product = (student * fixedTeacher).sum(-1);
        Tensor lengths = student.norm(-1).clamp_min(tiny) * fixedTeacher.norm(-1).clamp_min(tiny);
        return (1 - (product / lengths)).sum();
    }
}
