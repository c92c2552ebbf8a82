using Graft.Objectives;

namespace Graft.Pretraining;

/// <summary>
/// A teacher beside a run. With the student's vocabulary it gives DistilBERT's triple loss (without the cosine where the widths differ);
/// with another vocabulary its hidden states, averaged over words, are followed beside masked LM.
/// </summary>
/// <param name="Folder">The teacher's model folder.</param>
public sealed record TeacherOptions(string Folder)
{
    /// <summary>The teacher's layers that the student starts from.</summary>
    /// <value>Null: the student starts anew.</value>
    public IReadOnlyList<int>? StudentLayers { get; init; }

    /// <summary>A new student's word vectors start from the teacher's, whatever the vocabulary and the width.</summary>
    /// <value>False.</value>
    public bool WordVectors { get; init; }

    /// <summary>The triple loss's weights and temperature.</summary>
    public DistillationOptions Loss { get; init; } = new();

    /// <summary>Weight of the hidden states beside masked LM, with another vocabulary.</summary>
    /// <value>1.</value>
    public double HiddenWeight { get; init; } = 1;
}
