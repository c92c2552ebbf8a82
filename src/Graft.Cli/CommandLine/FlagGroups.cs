namespace Graft.Cli;

/// <summary>
/// Under which heading the help of a long command shows a flag; the order here is the order on the screen. Flags that stand nowhere come
/// first, without a heading.
/// </summary>
internal static class FlagGroups
{
    /// <summary>The headings with their flags.</summary>
    public static readonly (string Title, string[] Flags)[] All =
    [
        (
            "How files are read",
            [
                "--format",
                "--delimiter",
                "--header",
                "--text-column",
                "--pair-column",
                "--label-column",
                "--label-columns",
                "--label-names",
                "--label-separator",
                "--missing-label",
                "--negative-column",
            ]
        ),
        ("Texts", ["--max-length", "--stride", "--truncate", "--prompt", "--prompt-name", "--pooling", "--normalize", "--aggregation"]),
        (
            "Generated text",
            [
                "--max-new-tokens",
                "--min-new-tokens",
                "--num-beams",
                "--beam-stopping",
                "--sample",
                "--temperature",
                "--top-k",
                "--top-p",
                "--length-penalty",
                "--num-return-sequences",
                "--repetition-penalty",
                "--no-repeat-ngram-size",
                "--eos-token-id",
                "--pad-token-id",
                "--stop",
            ]
        ),
        (
            "What is trained",
            [
                "--strategy",
                "--rank",
                "--alpha",
                "--lora-dropout",
                "--rank-stabilized",
                "--train-biases",
                "--target-modules",
                "--feedforward-modules",
                "--reduction-factor",
                "--adapter-norms",
                "--virtual-tokens",
                "--rounds",
                "--pair-sampling",
                "--max-pairs",
                "--template",
                "--features",
                "--classifier",
                "--layers",
                "--layer-decay",
                "--gradual-unfreezing",
                "--reinitialize-layers",
                "--from-scratch",
            ]
        ),
        ("Labels and losses", ["--examples", "--class-weights", "--label-smoothing", "--tune-threshold", "--abstain"]),
        (
            "Length and rate of training",
            [
                "--epochs",
                "--steps",
                "--time-budget",
                "--batch-size",
                "--gradient-accumulation",
                "--learning-rate",
                "--warmup",
                "--schedule",
                "--replay",
            ]
        ),
        (
            "Optimizer and regularization",
            ["--optimizer", "--weight-decay", "--beta1", "--beta2", "--epsilon", "--clip-norm", "--dropout", "--seed", "--seeds"]
        ),
        (
            "Evaluation and checkpoints",
            ["--eval-every", "--early-stopping", "--keep", "--checkpoint-every", "--keep-checkpoints", "--resume", "--overwrite"]
        ),
        ("Machine", ["--precision", "--gradient-checkpointing", "--threads", "--device", "--shard", "--shards"]),
        ("Several ranks", ["--gradient-groups", "--mpi-library", "--rank-limit"]),
        ("Others", ["--json", "--config", "--help"]),
    ];

    /// <summary>The heading's place in <see cref="All"/>; −1 where a flag has none.</summary>
    public static int Of(string flag) => Array.FindIndex(All, group => group.Flags.Contains(flag, StringComparer.Ordinal));
}
