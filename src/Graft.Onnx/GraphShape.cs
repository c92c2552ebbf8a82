using Graft.Backbones;
using Graft.Runs;
using Microsoft.ML.OnnxRuntime;

namespace Graft.Onnx;

/// <summary>What goes into a graph and what comes out, held against what the manifest says.</summary>
/// <param name="Inputs">Names of the inputs, in the graph's order.</param>
/// <param name="Outputs">Names of the outputs that are read.</param>
/// <param name="Columns">Values in a row of scores.</param>
/// <param name="AreOfTokens">A row for each token, not for the text.</param>
/// <param name="AreChoices">Inputs are [B, C, T].</param>
internal sealed record GraphShape(string[] Inputs, string[] Outputs, int Columns, bool AreOfTokens, bool AreChoices)
{
    public const string InputIds = "input_ids", AttentionMask = "attention_mask";

    private const string TokenTypeIds = "token_type_ids";

    /// <exception cref="InputException">The graph is not the one that the manifest describes.</exception>
    public static GraphShape Of(InferenceSession session, ExportManifest manifest)
    {
        bool areChoices = manifest.Head == HeadKinds.MultipleChoice;
        (string[] outputs, int columns, bool ofTokens) = manifest.Head switch
        {
            HeadKinds.SequenceClassification => (["logits"], manifest.Labels.Count, false),
            HeadKinds.TokenClassification => (["logits"], manifest.Labels.Count, true),
            HeadKinds.MultipleChoice => (["logits"], 1, false),
            HeadKinds.QuestionAnswering => (["start_logits", "end_logits"], 2, true),
            HeadKinds.Embedding => ((string[])["sentence_embedding"], manifest.VectorSize ?? manifest.HiddenSize, false),
            _ => throw new InputException($"a graph with the head {manifest.Head} answers no task"),
        };
        foreach ((string name, NodeMetadata input) in session.InputMetadata)
        {
            if (
                name is not (InputIds or AttentionMask or TokenTypeIds)
                || !input.IsTensor
                || input.ElementType != typeof(long)
                || input.Dimensions.Length != (areChoices ? 3 : 2)
            )
                throw new InputException(
                    $"its input {name} is none that a text has: {InputIds}, {AttentionMask} and {TokenTypeIds} are, of 64-bit numbers"
                );
        }

        if (!session.InputMetadata.ContainsKey(InputIds) || !session.InputMetadata.ContainsKey(AttentionMask))
            throw new InputException($"it lacks the input {InputIds} or {AttentionMask}");
        foreach (string name in outputs)
        {
            if (
                !session.OutputMetadata.TryGetValue(name, out NodeMetadata? output)
                || !output.IsTensor
                || output.ElementType != typeof(float)
            )
                throw new InputException($"it lacks the output {name} of 32-bit numbers");
        }

        return new GraphShape([.. session.InputMetadata.Keys], outputs, columns, ofTokens, areChoices);
    }

    /// <exception cref="InputException">An output has not as many values as its rows need.</exception>
    public void RequireSize(OrtValue output, long values)
    {
        long found = output.GetTensorTypeAndShape().ElementCount;
        if (found != values)
            throw new InputException(
                $"the graph gives {found} scores where {values} are expected: it is another model's than {ExportManifest.FileName} "
                    + $"describes"
            );
    }
}
