using System.CommandLine;

namespace Graft.Cli;

/// <summary>
/// Whether confidence is divided by the temperature that a run fitted on its development data: it is, unless <c>--raw</c> says no.
/// </summary>
internal sealed class CalibrationFlags
{
    private readonly Option<bool> _raw = new("--raw")
    {
        Description =
            "Give confidence as the model computes it, not divided by the temperature that was fitted on the run's development data.",
    };
    private readonly Option<bool> _calibrated = new("--calibrated")
    {
        Description = "Divide by the temperature that was fitted, so that confidence is right as often as it says: what is done anyway.",
    };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_raw);
        command.Options.Add(_calibrated);
    }

    /// <summary>What the flags say.</summary>
    /// <exception cref="InputException">Both are given.</exception>
    public bool IsCalibrated(ParseResult parsed)
    {
        bool raw = parsed.GetValue(_raw);
        return raw && parsed.GetValue(_calibrated) ? throw new InputException("give --raw or --calibrated, not both") : !raw;
    }
}
