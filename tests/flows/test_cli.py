"""The afterglow command: its table, its exit codes, and what it does not load."""

import argparse
import importlib
import subprocess
import sys

import pytest

from flows import cli

# The commands whose users wait for an answer; none may wait for the scheduler's import.
WITHOUT_PREFECT = [name for name in cli.COMMANDS if name != "demo"]


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_a_module_that_can_be_called(command):
    module = importlib.import_module(cli.COMMANDS[command][0])
    parser = argparse.ArgumentParser()

    module.add_arguments(parser)

    assert callable(module.run)
    assert module.__doc__


def loaded_after_importing(module: str) -> set[str]:
    code = f"import sys, {module}; print(*{{name.split('.')[0] for name in sys.modules}})"
    shown = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(shown.stdout.split())


@pytest.mark.parametrize("command", ["score", "trend"])
def test_working_on_files_waits_neither_for_the_records_nor_for_the_scheduler(command):
    assert not loaded_after_importing(cli.COMMANDS[command][0]) & {"django", "prefect"}


@pytest.mark.parametrize("command", WITHOUT_PREFECT)
def test_only_the_demo_loads_prefect(command):
    assert "prefect" not in loaded_after_importing(cli.COMMANDS[command][0])


def test_help_lists_every_command(capsys):
    assert cli.main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in cli.COMMANDS)


def test_a_mistyped_command_is_wrong_usage_and_is_corrected(capsys):
    assert cli.main(["sned"]) == 2
    assert "Did you mean `afterglow send`?" in capsys.readouterr().err


def test_an_argument_that_does_not_exist_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(["states", "--upside-down"])
    assert left.value.code == 2


def test_states_prints_a_diagram_of_each_machine(capsys):
    assert cli.main(["states"]) == 0
    shown = capsys.readouterr().out
    assert shown.count("stateDiagram-v2") == 3
    assert "in_doubt" in shown


class TestWhatNobodyForesaw:
    SECRET = "Ana Reyes wrote this"

    @pytest.fixture(autouse=True)
    def surprising(self, monkeypatch, tmp_path):
        def stumble(_: argparse.Namespace) -> int:
            raise ZeroDivisionError(self.SECRET)

        monkeypatch.setattr("flows.states.run", stumble)
        monkeypatch.setenv("AFTERGLOW_HOME", str(tmp_path))
        monkeypatch.delenv("AFTERGLOW_TRACEBACK", raising=False)
        self.log = tmp_path / "log" / "surprises.log"

    def test_is_one_plain_line_with_the_place_of_the_log(self, capsys):
        assert cli.main(["states"]) == 3
        shown = capsys.readouterr().err
        assert shown.count("\n") == 1
        assert "ZeroDivisionError" in shown
        assert str(self.log) in shown

    def test_is_logged_with_its_place_but_not_with_its_words(self):
        cli.main(["states"])
        logged = self.log.read_text()
        assert "in stumble" in logged
        assert self.SECRET not in logged

    def test_is_shown_whole_on_request(self, monkeypatch):
        monkeypatch.setenv("AFTERGLOW_TRACEBACK", "1")
        with pytest.raises(ZeroDivisionError, match=self.SECRET):
            cli.main(["states"])
