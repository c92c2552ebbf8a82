using System.CommandLine;
using System.Reflection;

namespace Graft.Cli.Commands;

/// <summary><c>graft version</c>: this build's version.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        Command command = new("version", "Print the version of Graft.");
        command.SetAction(_ =>
        {
            Terminal.Out(typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0");
            return ExitCodes.Ok;
        });
        return command;
    }
}
