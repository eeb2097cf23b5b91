"""What Prefect is told of a run: how many, never who."""

from collections import Counter

import pytest

from flows import serve


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    monkeypatch.setenv("AFTERGLOW_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("counts", "completed", "message"),
    [
        ({}, True, "send: nothing to do"),
        ({"accepted": 3, "bounced": 1}, True, "send: 3 accepted, 1 bounced"),
        ({"accepted": 3, "failed": 1}, False, "send: 3 accepted, 1 failed"),
    ],
)
def test_a_run_says_what_became_of_how_many(counts, completed, message):
    state = serve.shown("send", lambda: Counter(counts))
    assert (state.is_completed(), state.message) == (completed, message)


def test_a_run_that_breaks_off_says_where_to_look_and_nothing_else(home):
    def stumble() -> Counter[str]:
        raise LookupError("Ana Reyes, ana@mail.example")

    state = serve.shown("send", stumble)

    assert state.is_failed()
    assert state.message == "send: LookupError, see surprises.log"
    assert "Ana" not in (home / "log" / "surprises.log").read_text()


def test_a_flow_takes_nothing_so_that_nothing_can_be_kept():
    assert all(not flow.parameters.properties for flow in serve.FLOWS.values())
