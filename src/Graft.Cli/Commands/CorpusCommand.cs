using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Graft.Corpus;
using Graft.Distributed;
using Graft.Pretraining;
using Graft.Tokenizers;

namespace Graft.Cli.Commands;

/// <summary><c>graft corpus build | inspect</c>: raw text to filtered, de-duplicated, tokenized, memory-mapped shards.</summary>
internal static class CorpusCommand
{
    public static Command Create() =>
        new("corpus", "Build and inspect the text that models are pre-trained on.") { CreateBuild(), CreateInspect() };

    private static Command CreateBuild()
    {
        Option<string[]> input = CommonFlags.Input.Required<string[]>(
            "files or folders of text, gz, JSONL, Parquet, MediaWiki XML (bz2), WET, CoNLL-U, zip of text or source code",
            "PATH[@WEIGHT]");
        input.AllowMultipleArgumentsPerToken = true;
        Option<string> tokenizer = CommonFlags.Tokenizer.Required<string>();
        Option<string> output = CommonFlags.Output.Required<string>("the corpus folder", "DIR");
        Option<string?> textField = new("--text-field")
        {
            Description = "The key or column of the text in JSONL and Parquet; found by its usual names otherwise.",
        };
        Option<string> filter = new("--filter")
        {
            Description = "Which documents are kept: web (judged by length, symbols, word length and repetition) or none (all).",
            DefaultValueFactory = _ => "web",
        };
        Option<bool> keepDuplicates = new("--keep-duplicates") { Description = "Do not look for duplicates." };
        Option<double> nearDuplicates = new("--near-duplicates")
        {
            Description = "The similarity from which documents are near duplicates; 2 for exact ones only.",
            DefaultValueFactory = _ => 0.8,
        };
        Option<string[]> exclude = new("--exclude")
        {
            Description = "Evaluation files whose text must not be in the corpus; none otherwise.",
            AllowMultipleArgumentsPerToken = true,
        };
        Option<int> excludeWords = new("--exclude-words")
        {
            Description = "How many words in a row make an overlap with --exclude.",
            DefaultValueFactory = _ => 13,
        };
        Option<double> heldOut = CommonFlags.HeldOut();
        Option<ulong> seed = CommonFlags.Seed.WithDefault(42UL, "it chooses the held-out documents");
        Option<int?> threads = CommonFlags.Threads();
        Option<bool> overwrite = CommonFlags.Overwrite.Optional<bool>("a corpus or an unfinished build");
        Option<bool> json = CommonFlags.Json();
        ProcessFlags ranks = new();
        Command command = new("build", "Build a corpus; an interrupted build goes on with the same command.")
        {
            input,
            tokenizer,
            output,
            textField,
            filter,
            keepDuplicates,
            nearDuplicates,
            exclude,
            excludeWords,
            heldOut,
            seed,
            threads,
            overwrite,
            json,
            OptionSources.ConfigOption(),
        };
        ranks.AddTo(command, trains: false);
        command.SetAction(
            (parsed, cancellationToken) =>
            {
                IProcessGroup processes = ranks.Join(parsed);
                bool isFirst = processes.Rank == 0;
                CorpusOptions options = new()
                {
                    Sources = [.. parsed.GetRequiredValue(input).Select(CorpusSource.Parse)],
                    TextField = parsed.GetValue(textField),
                    Filter = TextFilter.Named(parsed.GetRequiredValue(filter)),
                    RemoveDuplicates = !parsed.GetValue(keepDuplicates),
                    NearDuplicateSimilarity = parsed.GetValue(nearDuplicates),
                    Exclude = parsed.GetValue(exclude) ?? [],
                    ExcludeWords = parsed.GetValue(excludeWords),
                    HeldOutShare = parsed.GetValue(heldOut),
                    Seed = parsed.GetValue(seed) is var chosen and <= long.MaxValue
                        ? (long)chosen
                        : throw new InputException($"`seed` {parsed.GetValue(seed)}: {long.MaxValue} at most"),
                    Threads = parsed.GetValue(threads) ?? processes.Processors,
                };
                string folder = parsed.GetRequiredValue(output);
                TextCodec codec = new(Tokenizer.Load(parsed.GetRequiredValue(tokenizer)));
                if (isFirst && parsed.GetValue(overwrite) && IsCorpusOrBuild(folder))
                    Directory.Delete(folder, recursive: true);
                long start = Stopwatch.GetTimestamp();
                if (isFirst && processes.Size > 1) Terminal.Log($"ranks: {processes.Description}");
                CorpusBuilder builder = new(options, codec, folder, processes);
                CorpusManifest manifest = builder.Build(new BuildLines().Report, cancellationToken);
                if (!isFirst) return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
                double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
                    megabytes = manifest.Sources.Sum(source => source.TextBytes) / 1e6;
                Terminal.Log(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{megabytes:F1} MB of text in {seconds:F1} s: {megabytes / seconds:F1} MB/s on {options.Threads} threads"
                            + $"{(processes.Size > 1 ? $" of each of {processes.Size} ranks" : "")}, "
                            + $"{Graft.Torch.Native.Memory.PeakResident / 1e6:F0} MB of memory"
                    )
                );
                Print(manifest, parsed.GetValue(json));
                return System.Threading.Tasks.Task.FromResult(ExitCodes.Ok);
            }
        );
        return command;
    }

    private static Command CreateInspect()
    {
        Argument<string> folder = new("CORPUS") { Description = "A corpus folder." };
        Option<string?> tokenizer = CommonFlags.Tokenizer.Optional<string?>(
            "the beginnings of some documents are decoded with it; none are printed otherwise");
        Option<int> documents = new("--documents")
        {
            Description = "How many documents to print, with --tokenizer.",
            DefaultValueFactory = _ => 3,
        };
        Option<bool> json = CommonFlags.Json();
        Command command = new("inspect", "Say what a corpus holds; checks that its shards are whole.")
        {
            folder,
            tokenizer,
            documents,
            json,
        };
        command.SetAction(parsed =>
        {
            using CorpusFolder corpus = CorpusFolder.Open(parsed.GetRequiredValue(folder));
            Print(corpus.Manifest, parsed.GetValue(json));
            if (parsed.GetValue(tokenizer) is not string path || parsed.GetValue(json)) return ExitCodes.Ok;
            TextCodec codec = new(Tokenizer.Load(path));
            if (codec.Fingerprint != corpus.Manifest.Tokenizer)
                throw new InputException($"{path} is not the tokenizer the corpus was made with");
            foreach (CorpusSplit split in corpus.Train)
            {
                for (long document = 0; document < Math.Min(split.Documents, parsed.GetValue(documents)); document++)
                {
                    int[] ids = split.ReadDocument(document);
                    Terminal.Out($"{split.Name} {document}: {codec.Tokenizer.Decode(ids.AsSpan()[..Math.Min(40, ids.Length)])} …");
                }
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    private static bool IsCorpusOrBuild(string folder) => CorpusFolder.IsCorpus(folder) || File.Exists(Path.Combine(folder, "build.json"));

    private static void Print(CorpusManifest manifest, bool json)
    {
        if (json)
        {
            Terminal.Json(JsonNode.Parse(manifest.ToJson())!);
            return;
        }

        foreach (CorpusSourceReport source in manifest.Sources)
        {
            long kept = source.Train.Concat(source.HeldOut).Sum(shard => shard.Lengths.Documents);
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{source.Name} ×{source.Weight}: {source.Documents:N0} documents, {source.TextBytes / 1e6:F1} MB; {kept:N0} kept: "
                        + $"{source.Train.Sum(shard => shard.Lengths.Tokens):N0} tokens to train on, "
                        + $"{source.HeldOut.Sum(shard => shard.Lengths.Tokens):N0} held out"
                )
            );
            if (source.Dropped.Count > 0)
                Terminal.Out(
                    "  left out: "
                        + string.Join(
                            ", ",
                            source.Dropped.Select(drop => string.Create(CultureInfo.InvariantCulture, $"{drop.Value:N0} {drop.Key}"))
                        )
                );
        }

        foreach (OverlapReport overlap in manifest.Overlap)
        {
            Terminal.Out(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"overlap with {overlap.Path}: {overlap.Documents:N0} documents left out; {overlap.TooShort:N0} of its texts are "
                        + $"too short to be found"
                )
            );
            foreach (string example in overlap.Examples)
                Terminal.Out("  " + example + " …");
        }
    }

    /// <summary>A line on stderr every few seconds.</summary>
    private sealed class BuildLines
    {
        private readonly long _start = Stopwatch.GetTimestamp();
        private double _next = 2;

        public void Report(CorpusProgress progress)
        {
            double seconds = Stopwatch.GetElapsedTime(_start).TotalSeconds;
            if (seconds < _next) return;
            _next = seconds + 5;
            Terminal.Log(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{progress.Documents:N0} documents, {progress.TextBytes / 1e6:F0} MB, {Path.GetFileName(progress.File)}"
                )
            );
        }
    }
}
