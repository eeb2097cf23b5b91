"""`afterglow instruments`: what is on, what is off, and why."""

import pytest

from flows.cli import main
from surveys import settings
from surveys.catalogue import every_instrument


def listed(capsys, *words: str) -> str:
    assert main(["instruments", *words]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("instrument", every_instrument().values(), ids=lambda one: one.id)
def test_each_is_listed_with_version_licence_and_state(capsys, instrument):
    [entry] = [
        one
        for one in listed(capsys).split("\n\n")
        if one[5:].startswith(f"{instrument.id} version {instrument.version}  ")
    ]
    assert entry.startswith("off" if instrument.off_until else "on ")
    assert instrument.title in entry
    assert instrument.licence_line in entry
    assert instrument.off_until in entry


def test_a_confirmation_shows_who_and_when(tmp_path, capsys):
    (tmp_path / "a.toml").write_text(
        'translates = "gad7"\nlanguage = "es"\n'
        '[confirmed]\nby = "B. Ruiz"\non = "2026-05-04"\nterms = "compared"\n',
        encoding="utf-8",
    )
    text = listed(capsys, "--instruments", str(tmp_path))
    assert "shipped; es confirmed by B. Ruiz on 2026-05-04; self-report; in en, es" in text


def test_the_rule_for_reliable_change_is_named(monkeypatch, capsys):
    assert "reliable change 6 points: NHS Talking Therapies" in listed(capsys)
    monkeypatch.setattr(settings, "RELIABLE_CHANGE", "phq9=7")
    assert "reliable change 7 points: the stricter" in listed(capsys)


def test_a_file_that_nobody_confirms_is_named(tmp_path, capsys):
    (tmp_path / "a.toml").write_text('completes = "audit_c"\n', encoding="utf-8")
    assert main(["instruments", "--instruments", str(tmp_path)]) == 1
    output = capsys.readouterr()
    assert output.out == ""
    assert "nobody confirms" in output.err
