"""The command `plinth completion`: print a script that completes commands and options in a shell."""

import argparse
import re

BASH = """\
_plinth() {{
    local words='{commands}'
    if [ "$COMP_CWORD" -gt 1 ]; then
        case ${{COMP_WORDS[1]}} in
{cases}
        *) words= ;;
        esac
    fi
    COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _plinth plinth
"""
ZSH = "autoload -U +X bashcompinit && bashcompinit\n"


def completion(options: argparse.Namespace) -> int:
    """Print the script for a shell."""
    print(script(options.shell, subcommands(options.parser)), end="")
    return 0


def subcommands(
    parser: argparse.ArgumentParser,
) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    """Return each command with its help and its parser."""
    (action,) = (
        x for x in parser._actions if isinstance(x, argparse._SubParsersAction)
    )
    helps = {x.dest: x.help or "" for x in action._choices_actions}
    return {name: (helps[name], found) for name, found in action.choices.items()}


def script(shell: str, commands: dict[str, tuple[str, argparse.ArgumentParser]]) -> str:
    """Return the script for `bash`, `zsh` or `fish`."""
    if shell == "fish":
        return "".join(fish(commands))
    cases = "\n".join(
        f"        {name}) words='{' '.join(longest(found))}' ;;"
        for name, (_, found) in commands.items()
    )
    text = BASH.format(commands=" ".join(commands), cases=cases)
    return ZSH + text if shell == "zsh" else text


def longest(parser: argparse.ArgumentParser) -> list[str]:
    """Return the long form of each option, and the choices of arguments."""
    found = [x.option_strings[-1] for x in parser._actions if x.option_strings]
    for action in parser._actions:
        if not action.option_strings:
            found += map(str, action.choices or ())
    return found


def fish(commands: dict[str, tuple[str, argparse.ArgumentParser]]) -> list[str]:
    """Return the lines of fish's script."""
    lines = []
    for name, (text, found) in commands.items():
        lines.append(
            f"complete -c plinth -n __fish_use_subcommand -f -a {name} -d {quoted(text)}\n"
        )
        seen = f"complete -c plinth -n '__fish_seen_subcommand_from {name}'"
        for action in found._actions:
            words = f" -d {quoted(action.help)}" if action.help else ""
            if action.option_strings:
                long = action.option_strings[-1].removeprefix("--")
                value = "" if action.nargs == 0 else " -r"
                lines.append(f"{seen} -l {long}{value}{words}\n")
            lines += [f"{seen} -f -a {x}\n" for x in action.choices or ()]
    return lines


def quoted(text: str) -> str:
    """Return a text as one word of fish."""
    plain = re.sub(r"%\(\w+\)s", "", text)
    return "'" + plain.replace("\\", "\\\\").replace("'", "\\'") + "'"
