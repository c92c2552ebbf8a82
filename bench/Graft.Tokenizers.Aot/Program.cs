using System.Diagnostics;
using System.Globalization;
using Graft.Tokenizers;

// A tokenizer in a native program of a few megabytes: loads the file named first and encodes the text named second.
// What is printed last is the time from the start of the process and that of loading alone.
if (args.Length != 2)
{
    Console.Error.WriteLine("usage: Graft.Tokenizers.Aot TOKENIZER TEXT");
    return 2;
}

long started = Stopwatch.GetTimestamp();
Tokenizer tokenizer = Tokenizer.Load(args[0]);
double loaded = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
TokenizedText encoded = tokenizer.Encode(args[1]);
Console.WriteLine(string.Join(' ', encoded.Tokens));
double sinceStart = (
    TimeProvider.System.GetUtcNow().UtcDateTime - Process.GetCurrentProcess().StartTime.ToUniversalTime()
).TotalMilliseconds;
Console.WriteLine(
    string.Create(
        CultureInfo.InvariantCulture,
        $"load-ms {loaded:0.0} process-ms {sinceStart:0.0} cpu-ms {Environment.CpuUsage.TotalTime.TotalMilliseconds:0.0}"
    )
);
return 0;
