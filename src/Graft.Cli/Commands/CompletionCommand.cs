using System.CommandLine;

namespace Graft.Cli.Commands;

/// <summary>
/// <c>graft completion bash|zsh|pwsh</c>: a script that completes commands and flags in that shell. It asks graft itself, so that it never
/// grows old.
/// </summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # graft completion bash >> ~/.bashrc
        _graft() {
          local line
          COMPREPLY=()
          while IFS= read -r line; do COMPREPLY+=("$line"); done < <(graft "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)
          [ "${#COMPREPLY[@]}" -gt 0 ] || compopt -o default
        }
        complete -F _graft graft
        """;

    private const string Zsh = """
        # graft completion zsh >> ~/.zshrc
        _graft() {
          local -a found
          found=("${(@f)$(graft "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          if [[ -n "$found" ]]; then compadd -- "${found[@]}"; else _files; fi
        }
        compdef _graft graft
        """;

    private const string PowerShell = """
        # graft completion pwsh >> $PROFILE
        Register-ArgumentCompleter -Native -CommandName graft -ScriptBlock {
          param($word, $line, $position)
          graft "[suggest:$position]" "$line" | Where-Object { $_ -like "$word*" } | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
        }
        """;

    public static Command Create()
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or pwsh." };
        Command command = new("completion", "Print the script that completes graft's commands and flags in a shell.") { shell };
        command.SetAction(parsed => Terminal.Out(parsed.GetValue(shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "pwsh" => PowerShell,
            var other => throw new InputException($"{other}: bash, zsh or pwsh is expected"),
        }));
        return command;
    }
}
