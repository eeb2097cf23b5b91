"""Pages and mails in the patient's language; questions in official words only."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client

from surveys import checks
from surveys import settings as house
from surveys.language import FOLDER, languages, load, mistakes_in, spoken_to
from surveys.mail.compose import Office, invitation
from surveys.mail.lint import telling_words
from surveys.patient.pages import office
from tests import cast, doors

ROOMS = Path(house.__file__).parent
ENGLISH, SPANISH = load(FOLDER / "en.toml"), load(FOLDER / "es.toml")
EVENING = datetime(2026, 11, 9, 2, 42, tzinfo=UTC)
CONFIRMED = """
translates = "phq9"
version = 1
language = "es"
confirmed = { by = "M. Haddad", on = "2026-02-01", terms = "compared with the official form" }
"""


@pytest.fixture
def secret(db, mailbox):
    """The link to Ana's first check-in; she reads Spanish."""
    return _invited("es", mailbox)


def _invited(language: str, mailbox: Path) -> str:
    occurrence = cast.due(cast.ana(language=language), "baseline", now=cast.START)
    return doors.invited(occurrence, mailbox, now=cast.START)


def page(secret: str) -> str:
    return doors.opened(secret).get("/s/").content.decode()


# --- the files


def test_every_language_says_everything():
    assert [text for one in languages().values() for text in mistakes_in(one, ENGLISH)] == []


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        (lambda s: s.pop("thanks.saved"), 'es.toml does not say "thanks.saved"'),
        (lambda s: s.update({"thanks.more": "Más"}), 'es.toml says "thanks.more", which no page'),
        (lambda s: s.update({"dead.then": "Adiós"}), "\"dead.then\": needs ['phone'], has []"),
    ],
)
def test_what_a_file_lacks_or_has_too_much_of_is_named(changed, mistake):
    sentences = dict(SPANISH.sentences)
    changed(sentences)
    (found,) = mistakes_in(replace(SPANISH, sentences=sentences), ENGLISH)
    assert mistake in found


def test_every_sentence_is_on_a_page_and_every_page_has_its_sentence():
    sources = [*ROOMS.glob("patient/templates/patient/*.html"), *ROOMS.glob("mail/templates/inv*")]
    text = "".join(path.read_text() for path in sources)
    asked = set(re.findall(r'"([a-z_]+\.[a-z_]+)"', text)) - {"instrument.language"}
    asked |= {"pin.wrong", "pin.unread"}  # as the try turned out
    known = {re.sub(r"\.(one|other)$", "", key) for key in ENGLISH.sentences}
    assert asked == {key for key in known if not key.startswith(("dates.", "example."))}


def test_no_page_has_words_of_its_own():
    for path in ROOMS.glob("patient/templates/patient/*.html"):
        page = re.sub(r"{% set behind %}.*?{% endset %}", "", path.read_text())
        bare = re.sub(r"{#.*?#}|{%.*?%}|{{.*?}}|<[^>]*>", " ", page, flags=re.DOTALL)
        assert re.findall(r"[A-Za-z]{2,}", bare) == [], path.name


@pytest.mark.parametrize(
    ("tag", "count", "said"),
    [
        ("en", 1, "One question is still open"),
        ("en", 2, "Two questions are still open"),
        ("en", 13, "13 questions are still open"),
        ("es", 1, "Queda una pregunta sin responder"),
        ("es", 2, "Quedan dos preguntas sin responder"),
        ("es", 13, "Quedan 13 preguntas sin responder"),
    ],
)
def test_a_number_decides_the_form_of_the_sentence(tag, count, said):
    assert spoken_to(tag).say("trouble.open", count) == said


@pytest.mark.parametrize(
    ("tag", "moment"),
    [("en", "Sunday 8 November, 19:42"), ("es", "domingo 8 de noviembre, 19:42")],
)
def test_days_are_written_as_the_language_writes_them(tag, moment):
    assert spoken_to(tag).moment(EVENING, "America/Denver") == moment


@pytest.mark.parametrize(
    ("asked", "spoken"), [("en", "en"), ("es", "es"), ("es-MX", "es"), ("tlh", "en"), ("", "en")]
)
def test_a_language_we_do_not_speak_is_answered_in_english(asked, spoken):
    assert spoken_to(asked).tag == spoken


# --- the pages


def test_a_spanish_reader_is_asked_english_questions_until_spanish_ones_are_confirmed(secret):
    text = page(secret)
    assert '<html lang="es" dir="ltr">' in text
    assert "Hola. 17 preguntas, cerca de cinco minutos." in text
    assert "Las preguntas que no tienen una versión oficial en español" in text
    assert text.count("Prefiero no responder") == text.count("<fieldset") == 17
    item = "Little interest or pleasure in doing things"
    assert f'<span lang="en">{item}</span>' in text
    assert 'Si responde «<bdi lang="en">Several days</bdi>» o más' in text


def test_a_confirmed_form_is_asked_in_spanish_and_the_other_stays_english(
    db, mailbox, settings, tmp_path
):
    settings.INSTRUMENTS = tmp_path
    (tmp_path / "phq9.es.toml").write_text(CONFIRMED)
    text = page(_invited("es-MX", mailbox))
    assert "Poco interés o placer en hacer cosas</legend>" in text
    assert 'lang="en">Feeling nervous, anxious or on edge</span>' in text
    assert "Las preguntas que no tienen una versión oficial en español" in text


def test_an_english_reader_is_told_of_no_other_language(db, mailbox):
    text = page(_invited("en", mailbox))
    assert '<html lang="en" dir="ltr">' in text
    assert " lang=" not in text.partition("<body>")[2]
    assert "no official English version" not in text


def test_the_whole_way_is_spanish(secret):
    browser = doors.opened(secret)
    pressed = browser.post("/s/", {"form": _ref()}).content.decode()
    assert "Todavía no se ha enviado nada" in pressed
    asked = dict.fromkeys(re.findall(r'name="([a-z0-9]+\.\d+)"', pressed), "0")
    sent = browser.post("/s/", {"form": _ref(), **asked, "phq9.9": "1"}, follow=True)
    thanks = sent.content.decode()
    assert "Gracias. Sus respuestas están guardadas." in thanks
    assert "Estamos avisando a alguien ahora" in thanks
    assert "lunes 2 de marzo, 09:00" in thanks


def _ref() -> str:
    return str(doors.every_row()["surveys.Occurrence"][0]["ref"])


@pytest.mark.parametrize(
    ("clinic", "browser", "shown"),
    [
        ("en", "", "en"),
        ("es", "", "es"),
        ("en", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("es", "en-US,en;q=0.9", "en"),
        ("es", "tlh, fr;q=0.5", "es"),
        ("en", "*;q=;;,,es", "en"),
    ],
)
@pytest.mark.parametrize("address", ["/s/", "/nowhere/"])
def test_a_page_that_cannot_know_its_reader_goes_by_the_browser_then_by_the_clinic(
    db, settings, clinic, browser, shown, address
):
    settings.LANGUAGE = clinic
    answer = Client().get(address, headers={"accept-language": browser})
    assert f'<html lang="{shown}"' in answer.content.decode()
    assert b"988" in answer.content


# --- the clinic's own words


def test_the_clinics_words_in_the_patients_language_come_first(secret, settings):
    contacts = [("Línea 988", "988"), ("Peligro", "911")]
    settings.OWN_WORDS = {"es": {"who_reads": "La Dra. Ruiz.", "crisis_contacts": contacts}}
    text = page(secret)
    assert "<p>La Dra. Ruiz.</p>" in text
    assert "Línea 988" in text
    assert f'<span lang="en">{settings.CLINIC_HOURS}</span>' in text


@pytest.mark.parametrize(
    ("set_", "spanish"),
    [
        ({}, "de lunes a viernes, de 8:00 a 17:00"),
        ({"AFTERGLOW_CLINIC_HOURS": "Mondays"}, None),
        ({"AFTERGLOW_CLINIC_HOURS": "Mondays", "AFTERGLOW_CLINIC_HOURS_ES": "lunes"}, "lunes"),
    ],
)
def test_where_the_clinics_words_in_spanish_come_from(monkeypatch, set_, spanish):
    for name, value in set_.items():
        monkeypatch.setenv(name, value)
    assert house.own_words("es").get("hours") == spanish


def test_crisis_contacts_nobody_can_read_are_refused_in_every_language(settings):
    settings.OWN_WORDS = {"es": {"crisis_contacts": house.pairs("Línea|988;;")}}
    assert [one.id for one in checks.settings_are_complete()] == ["surveys.E008"]


def test_a_language_of_the_clinic_that_is_no_file_is_refused(settings):
    settings.LANGUAGE = "xx"
    assert [one.id for one in checks.settings_are_complete()] == ["surveys.E012"]


# --- the mails


@pytest.mark.parametrize("minutes", [1, 5])
@pytest.mark.parametrize("again", [True, False])
def test_a_mail_in_spanish_says_the_same_and_nothing_telling(minutes, again):
    office = Office("Oficina Álamo", "303 555 0142", "in@alder.example", "https://alder.example")
    mail = invitation(
        office, ref="r", to="ana@mail.example", secret="S" * 43, minutes=minutes,
        closes_at=EVENING, zone="America/Denver", again=again, language="es-US",
    )  # fmt: skip
    assert mail.subject.startswith("Un recordatorio" if again else "Sus preguntas")
    for part in (mail.text, mail.html):
        assert "El enlace funciona hasta el domingo 8 de noviembre, 19:42." in part
        assert ("cerca de 1 minuto." if minutes == 1 else "cerca de 5 minutos.") in part
        assert "303 555 0142" in part
    assert '<html lang="es" dir="ltr">' in mail.html


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sus preguntas están listas", []),
        ("Su tratamiento con ketamina", ["tratamiento", "ketamin"]),
        ("Clínica de ansiedad y depresión", ["clínic", "ansied", "depres"]),
        ("PSIQUIATRÍA y salud mental", ["psiq", "mental"]),
    ],
)
def test_telling_words_of_every_language_are_refused(text, found):
    assert telling_words(text) == found


@pytest.mark.parametrize(("tag", "shown"), [("en", 0), ("ar", 3)])
def test_phone_numbers_keep_their_order_among_words_from_right_to_left(tag, shown):
    """Unmarked, "303 555 0142" would be read as 0142 555 303."""
    us = replace(office("en"), language=replace(ENGLISH, tag=tag))
    page = get_template("patient/dead.html").render({"us": us})
    assert f'dir="{"rtl" if shown else "ltr"}"' in page
    assert page.count('<bdi dir="ltr">303 555 0142</bdi>') == shown
    assert page.count(">303 555 0142<") + page.count(" 303 555 0142,") == 3
    assert 'href="tel:3035550142"' in page
