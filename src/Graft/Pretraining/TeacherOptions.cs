using Graft.Objectives;

namespace Graft.Pretraining;

/// <summary>
/// A teacher beside a run. With the student's vocabulary and a masked-LM head it gives DistilBERT's triple loss (without the cosine where
/// the widths differ). Else its hidden states are followed, averaged over words where vocabularies or widths differ: on one half of the
/// sequences, while the other half learns masked LM; or on all.
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

    /// <summary>Hidden states alone: nothing is masked, and the student has no masked-LM head but its pooler.</summary>
    /// <value>False: one half of the sequences is masked.</value>
    public bool StatesOnly { get; init; }

    /// <summary>Sequences are pairs of segments as for next-sentence prediction: for students of tasks on pairs.</summary>
    /// <value>False.</value>
    public bool Pairs { get; init; }

    /// <summary>The triple loss's weights and temperature.</summary>
    public DistillationOptions Loss { get; init; } = new();

    /// <summary>Weight of the hidden states beside masked LM.</summary>
    /// <value>1.</value>
    public double HiddenWeight { get; init; } = 1;
}
