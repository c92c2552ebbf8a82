using Google.Protobuf;
using Graft.Layers;
using Microsoft.ML.OnnxRuntime;
using TorchSharp;
using static TorchSharp.torch;

namespace Graft.Tests.Export;

/// <summary>Runs an ONNX file's bytes on ONNX Runtime.</summary>
internal static class OnnxRun
{
    /// <summary>Every output of a padded batch by its name.</summary>
    /// <param name="model">The file.</param>
    /// <param name="input">Ids and mask; segments are 0 where the file asks for them.</param>
    /// <param name="choices">Texts that belong together: inputs are [B/choices, choices, T]; 0 for plain texts.</param>
    public static Dictionary<string, Tensor> Run(IMessage model, EncoderInput input, int choices = 0)
    {
        using SessionOptions options = new() { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, IntraOpNumThreads = 1 };
        using InferenceSession session = new(model.ToByteArray(), options);
        long[] shape = choices == 0 ? input.InputIds.shape : [input.InputIds.shape[0] / choices, choices, input.InputIds.shape[1]];
        Dictionary<string, OrtValue> inputs = new(StringComparer.Ordinal);
        foreach (string name in session.InputMetadata.Keys)
        {
            Tensor values = name switch
            {
                "input_ids" => input.InputIds,
                "attention_mask" => input.AttentionMask!,
                _ => input.TokenTypeIds ?? zeros_like(input.InputIds),
            };
            inputs[name] = OrtValue.CreateTensorValueFromMemory(values.contiguous().data<long>().ToArray(), shape);
        }

        using RunOptions run = new();
        string[] names = [.. session.OutputMetadata.Keys];
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, inputs, names);
        Dictionary<string, Tensor> results = new(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
            results[names[i]] = tensor(outputs[i].GetTensorDataAsSpan<float>().ToArray(), outputs[i].GetTensorTypeAndShape().Shape);
        foreach (OrtValue value in inputs.Values) value.Dispose();
        return results;
    }
}
