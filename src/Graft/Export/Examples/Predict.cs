// Answers with this folder on ONNX Runtime: dotnet add package Graft.Onnx
using Graft.Inference;
using Graft.Tasks;

internal static class PredictExample
{
    public static void Answer(string folder, params string[] texts)
    {
        using Predictor predictor = Predictor.Load(folder);
        foreach (Prediction answer in predictor.Predict([.. texts.Select(text => (text, (string?)null))]))
            Console.WriteLine($"{answer.Answer} {answer.Confidence:0.00}");
    }
}
