"""The `afterglow` command: a table from a command's name to the module that carries it out.

A module is loaded by name when its command is typed, so that scoring a file waits neither for
the records nor for the scheduler. Each has `add_arguments(parser)` and `run(arguments) -> int`.
"""

import argparse
import difflib
import importlib
import os
import sys
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from surveys.catalogue import ChoiceError
from surveys.declaration import DeclarationError

DONE, INPUT_HAS_ERRORS, WRONG_USAGE, NOT_FIT = 0, 1, 2, 3
INTERRUPTED = 130

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("flows.demo.begin", "a simulated clinic through the real doors"),
    "up": ("flows.up", "web, scheduler and flows on this machine"),
    "check": ("flows.check", "is this installation fit: every precondition, with its fix"),
    "migrate": ("flows.migrate", "bring the database to this version"),
    "staff": ("flows.staff", "add somebody who works here, or change who is on call"),
    "import": ("flows.bring_in", "patients, sessions and old responses from CSV files"),
    "score": ("flows.score", "answers in a CSV file to scores"),
    "trend": ("flows.trend", "scores in a CSV file to trends"),
    "report": ("flows.report", "one patient's report"),
    "plan": ("flows.plan", "what falls due for one patient, and when"),
    "send": ("flows.send", "invite everybody whose survey is due, once"),
    "remind": ("flows.remind", "remind everybody who has not answered, once"),
    "alert": ("flows.alert", "tell the clinician on call about open alerts, once"),
    "weekly": ("flows.weekly", "build the week's reports and mail that they are ready, once"),
    "upkeep": ("flows.upkeep", "close windows that have passed, free what got stuck, once"),
    "clock": ("flows.clock", "does the clock agree with itself; trust it after a look"),
    "verify": ("flows.verify", "the audit chain is whole and the ledger balances"),
    "instruments": ("flows.instruments", "every questionnaire: licence, on or off, and why"),
    "bench": ("flows.bench.begin", "how fast, measured, beside what it is compared with"),
    "stepdown": ("flows.stepdown", "short forms for stable patients: show, turn on, turn off"),
    "states": ("flows.states", "diagrams of what may follow what"),
}


def main(argv: list[str] | None = None) -> int:
    """Carry out one command. 0 done, 1 the input has errors, 2 wrong usage, 3 not fit to run."""
    words = sys.argv[1:] if argv is None else argv
    if not words or words[0] in {"-h", "--help", "help"}:
        print(overview())
        return DONE
    if words[0] == "--version":
        print(f"afterglow {version('afterglow')}")
        return DONE
    if words[0] not in COMMANDS:
        print(unknown(words[0]), file=sys.stderr)
        return WRONG_USAGE
    return attempt(words[0], lambda: carry_out(words[0], words[1:]))


def attempt(command: str, act: Callable[[], int]) -> int:
    """Do it. A mistake in a clinic's file is said as it is; whatever was not foreseen becomes one
    plain line here and its place in the log."""
    try:
        return act()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of our output (head, less) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (DeclarationError, ChoiceError) as refused:
        print(refused, file=sys.stderr)
        return NOT_FIT
    except Exception as surprise:
        if os.environ.get("AFTERGLOW_TRACEBACK"):
            raise
        print(apology(command, surprise), file=sys.stderr)
        return NOT_FIT


def carry_out(command: str, words: list[str]) -> int:
    module_name, summary = COMMANDS[command]
    module = importlib.import_module(module_name)
    parser = argparse.ArgumentParser(
        prog=f"afterglow {command}",
        description=module.__doc__ or summary,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(parser)
    return int(module.run(parser.parse_args(words)))


def overview() -> str:
    width = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:{width}}{summary}" for name, (_, summary) in COMMANDS.items()]
    return "\n".join(
        ["usage: afterglow COMMAND [...]", "", *lines, "", "afterglow COMMAND --help says more."]
    )


def unknown(command: str) -> str:
    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f"Did you mean `afterglow {near[0]}`?" if near else "`afterglow --help` lists them all."
    return f"afterglow: there is no command {command!r}. {hint}"


def apology(command: str, surprise: Exception) -> str:
    """One line for the terminal. What happened goes to the log, without the exception's message:
    it may quote what a patient wrote, and a log is read by more people than a record is."""
    where = log_surprise(command, surprise)
    return (
        f"afterglow {command}: stopped by something unforeseen ({type(surprise).__name__})."
        f" Where it happened is in {where}; AFTERGLOW_TRACEBACK=1 shows all of it."
    )


def log_surprise(command: str, surprise: Exception) -> Path:
    path = Path(os.environ.get("AFTERGLOW_HOME", "var")) / "log" / "surprises.log"
    path.parent.mkdir(parents=True, exist_ok=True)
    # places only: neither the exception's words nor a line of source, which may quote somebody
    frames = traceback.extract_tb(surprise.__traceback__)
    places = "".join(f"  {one.filename}:{one.lineno} in {one.name}\n" for one in frames)
    with path.open("a", encoding="utf-8") as log:
        stamp = datetime.now(UTC).isoformat(timespec="seconds")
        log.write(f"{stamp} {command} {type(surprise).__name__}\n{places}\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
