if (args is ["tokenizers", string shared, string rounds])
{
    Graft.Benchmarks.TokenizerBench.Run(shared, int.Parse(rounds, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

if (args is ["plain-loop", string steps])
{
    Graft.Benchmarks.PlainTorchLoop.Run(int.Parse(steps, System.Globalization.CultureInfo.InvariantCulture));
    return;
}

BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
