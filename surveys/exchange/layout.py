"""Which kind of file a header belongs to, and what is wrong with the header."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from surveys.exchange.table import Problem, Sheet, shown


@dataclass(frozen=True)
class Layout:
    """`required` columns must be there; of `choice` at least one, where there is a choice.

    `telling` columns occur in no other kind of file: one of them is enough to know the kind.
    """

    kind: str
    required: tuple[str, ...]
    telling: frozenset[str]
    choice: tuple[str, ...] = ()


PATIENTS = Layout(
    "patients",
    (
        "patient_id",
        "given_name",
        "family_name",
        "email",
        "birth_date",
        "language",
        "timezone",
        "clinician_email",
        "indication",
        "protocol",
        "email_consent_on",
        "status",
    ),
    frozenset({"given_name", "family_name", "birth_date", "clinician_email", "protocol"}),
)
SESSIONS = Layout(
    "sessions",
    ("patient_id", "session_at", "route", "dose_mg_per_kg", "duration_minutes", "status"),
    frozenset({"session_at", "dose_mg_per_kg", "duration_minutes"}),
)


def responses(item_codes: Collection[str]) -> Layout:
    """The layout of old answers, given every item code that any instrument uses."""
    return Layout(
        "responses",
        ("patient_id", "instrument", "answered_at"),
        frozenset({"instrument", "answered_at"}),
        (*item_codes, "total"),
    )


def recognise(header: Sequence[str], layouts: Sequence[Layout]) -> Layout | None:
    """The layout that shares most telling columns with the header, None where none does."""
    best = max(layouts, key=lambda layout: len(layout.telling & set(header)))
    return best if best.telling & set(header) else None


def unrecognised(sheet: Sheet, layouts: Sequence[Layout]) -> Problem:
    if "form_id" in sheet.header:
        return Problem(
            sheet.file,
            sheet.header_line,
            "form_id",
            "these are answers to score, without patient and date",
            "Use `afterglow score INSTRUMENT FILE`, or add patient_id, instrument, answered_at.",
        )
    kinds = "; ".join(f"{layout.kind}: {','.join(layout.required)}" for layout in layouts)
    return Problem(
        sheet.file,
        sheet.header_line,
        "",
        "the header is not one of patients, sessions or responses",
        f"Write the header of the kind it is. {kinds} and one column per item, or total.",
    )


def header_problems(sheet: Sheet, layout: Layout) -> Iterator[Problem]:
    """Every missing and every unknown column, and a missing choice."""
    allowed = (*layout.required, *layout.choice)
    for name in layout.required:
        if name not in sheet.header:
            yield Problem(
                sheet.file,
                sheet.header_line,
                name,
                f"a {layout.kind} file needs this column",
                "Add it to the header; its cells may be blank where nothing is known.",
            )
    for name in sheet.header:
        if name not in allowed:
            yield Problem(
                sheet.file,
                sheet.header_line,
                name,
                f"a {layout.kind} file has no column {shown(name)}",
                f"Delete it or correct its name. Known: {', '.join(allowed)}.",
            )
    if layout.choice and not set(layout.choice) & set(sheet.header):
        yield Problem(
            sheet.file,
            sheet.header_line,
            "",
            "there is no column with answers",
            "Add one column per item code, or total alone for old records.",
        )
