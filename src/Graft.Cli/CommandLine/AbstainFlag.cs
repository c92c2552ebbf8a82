using System.CommandLine;

namespace Graft.Cli;

/// <summary>The flag of runs that say when they do not know.</summary>
internal static class AbstainFlag
{
    public static Option<double?> Create() => new("--abstain")
    {
        Description =
            "The accuracy that answers shall have, such as 0.95: a confidence is chosen on held-out labels, with 90 % certainty, "
                + "answers below it are marked unsure, and texts unlike the training data unfamiliar; no answer is marked otherwise.",
        HelpName = "ACCURACY",
    };
}
