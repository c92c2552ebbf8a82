// Asks an exported model, on ONNX Runtime and without libtorch: OnnxConsole FOLDER "text" ["second text"]; a line of the standard input is
// a text where none is given.
using Graft;
using Graft.Inference;
using Graft.Tasks;

if (args.Length == 0)
{
    Console.Error.WriteLine("usage: OnnxConsole FOLDER [TEXT [SECOND TEXT]]");
    return 2;
}

try
{
    using Predictor predictor = Predictor.Load(args[0]);
    if (args.Length > 1) Print(predictor.Predict(args[1], args.Length > 2 ? args[2] : null));
    else while (Console.ReadLine() is { } line) Print(predictor.Predict(line));
    return 0;
}
catch (InputException refused)
{
    Console.Error.WriteLine(refused.Message);
    return 2;
}

static void Print(Prediction prediction) => Console.WriteLine(prediction.ToJson().ToJsonString());
