using Graft.Cli;
using Graft.Torch;

int code = await GraftCommandLine.RunAsync(args);
Engine.EndProcess(code);
return code;
