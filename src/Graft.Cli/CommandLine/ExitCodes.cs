namespace Graft.Cli;

/// <summary>What the process answers; part of the command line's contract.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int BadInput = 2;
    public const int RankMissing = 75; // EX_TEMPFAIL: a restart may help
    public const int Interrupted = 130;
    public const int Terminated = 143;
}
