"""Does the clock agree with how long the machine has been up; --trust takes it as it stands."""

import argparse

import flows.start  # noqa: F401
from surveys import wallclock
from surveys.actions.clock import is_right, trust

DONE, NOT_FIT = 0, 3
BY = "operator"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust", action="store_true", help="I have looked at the clock: it is right as it stands"
    )


def run(arguments: argparse.Namespace) -> int:
    this = wallclock.reading()
    if arguments.trust:
        trust(this, by=BY)
    right = is_right(this, by=BY)
    word = "is right" if right else "JUMPED: nothing is sent to patients or closed until it agrees"
    print(f"{this.wall:%Y-%m-%d %H:%M:%S} UTC: the clock {word}.")
    return DONE if right else NOT_FIT
