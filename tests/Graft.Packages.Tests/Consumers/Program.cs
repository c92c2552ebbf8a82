// What a user's first program is, with TorchSharp used before anything of Graft.
using TorchSharp;

Console.WriteLine($"TorchSharp {torch.ones(2, 2).sum().item<float>()}");
Console.WriteLine(Answering.TrainAndAsk(args[0]));
