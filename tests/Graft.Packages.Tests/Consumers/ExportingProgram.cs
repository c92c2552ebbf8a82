// Trains (Answering.cs), and exports the run for programs without libtorch.
using Graft.Export;

Console.WriteLine(Answering.TrainAndAsk(args[0]));
OnnxExporter.Export(Path.Combine(Path.GetDirectoryName(args[0])!, "run"), args[1]);
