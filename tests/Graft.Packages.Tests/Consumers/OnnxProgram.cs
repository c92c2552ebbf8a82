// What a user's program on Graft.Onnx alone is.
using Graft.Inference;

using Predictor predictor = Predictor.Load(args[0]);
Console.WriteLine($"Answer {predictor.Predict("wonderful").Answer}");
