"""Where a clinic keeps files of its own, for commands that need no database and no settings."""

import argparse
import os
from pathlib import Path


def add_own_folder(parser: argparse.ArgumentParser) -> None:
    named = os.environ.get("AFTERGLOW_INSTRUMENTS")
    parser.add_argument(
        "--instruments",
        type=Path,
        metavar="DIR",
        default=Path(named) if named else None,
        help="a folder with files of your own; AFTERGLOW_INSTRUMENTS where left out",
    )
