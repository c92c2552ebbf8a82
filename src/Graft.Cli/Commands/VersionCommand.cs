using System.CommandLine;
using System.Reflection;

namespace Graft.Cli.Commands;

/// <summary><c>graft version</c>: this build's version and commit.</summary>
internal static class VersionCommand
{
    public static Command Create()
    {
        Command command = new("version", "Print the version of Graft and the commit it was built from.");
        command.SetAction(_ =>
        {
            Terminal.Out(
                typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0"
            );
            return ExitCodes.Ok;
        });
        return command;
    }
}
