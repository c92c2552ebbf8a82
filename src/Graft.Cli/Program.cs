using Graft.Cli;
using Graft.Torch.Compute;

int code = await GraftCommandLine.RunAsync(args);
Engine.EndProcess(code);
return code;
