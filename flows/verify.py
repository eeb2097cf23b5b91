"""The audit chain is whole and the ledger balances."""

import argparse
from collections import Counter
from collections.abc import Iterator

from django.db.models import Count, Q

import flows.start  # noqa: F401
from surveys import events, wallclock
from surveys.actions.doubt import undecided
from surveys.models import Alert, Message, Occurrence, Response

DONE, WRONG = 0, 1


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Nothing to choose."""


def run(_arguments: argparse.Namespace) -> int:
    wrong = list(complaints())
    print("\n".join(wrong) if wrong else summary())
    return WRONG if wrong else DONE


def summary() -> str:
    seq, signature = events.head()
    return (
        f"The audit chain is whole: {seq} events, head {signature[:16]}.\n"
        f"The ledger balances: {Occurrence.objects.count()} surveys, {Response.objects.count()}"
        f" forms, {Alert.objects.count()} alerts.\n"
        f"Mails: {mails()}."
    )


def mails() -> str:
    """Every mail by its state; those in doubt by name, since they are what a person may decide."""
    counts = Counter(Message.objects.values_list("state", flat=True))
    waits = undecided(now=wallclock.now()).count()
    listed = ", ".join(f"{number} {state}" for state, number in sorted(counts.items())) or "none"
    return f"{listed}; {counts['in_doubt']} in doubt, {waits} of them for a person to decide"


def complaints() -> Iterator[str]:
    """One line for each thing that is not as it must be."""
    if broken := events.first_broken():
        yield f"Event {broken} does not follow from the one before it: the record was altered."
    for pk in asked_twice():
        yield f"Survey {pk} was accepted for delivery more than once."
    for pk in sent_without_mail():
        yield f"Survey {pk} counts as sent, but no mail of it was handed over."
    for pk in answered_without_form():
        yield f"Survey {pk} counts as answered, but holds no answer."
    for pk in unalarmed():
        yield f"Form {pk} has a positive question 9 and no alert."


HANDED_OVER = ["accepted", "delivered"]
HANDED_OVER_OR_UNKNOWN = [*HANDED_OVER, "bounced", "dropped", "in_doubt", "not_accepted"]


def asked_twice() -> list[int]:
    invited = Q(messages__kind="invitation", messages__state__in=HANDED_OVER)
    # where a person had a doubtful one sent again, both may have arrived
    by_choice = Message.objects.filter(decision="resend").values("occurrence")
    # to an address that was corrected a form is invited anew
    counted = Occurrence.objects.exclude(pk__in=by_choice).values("pk", "messages__to_address")
    counted = counted.annotate(invitations=Count("messages", filter=invited))
    return sorted({row["pk"] for row in counted.filter(invitations__gt=1)})


def sent_without_mail() -> list[int]:
    mailed = Occurrence.objects.filter(messages__state__in=HANDED_OVER_OR_UNKNOWN).values("pk")
    sent = Occurrence.objects.filter(sent_at__isnull=False)
    return list(sent.exclude(pk__in=mailed).values_list("pk", flat=True))


def answered_without_form() -> list[int]:
    answered = Occurrence.objects.filter(state="answered", responses=None)
    return list(answered.values_list("pk", flat=True))


def unalarmed() -> list[int]:
    forms = Response.objects.filter(instrument="phq9", alert=None)
    return [pk for pk, answers in forms.values_list("pk", "answers") if positive(answers)]


def positive(answers: dict[str, int | str | None]) -> bool:
    """Question 9 of a PHQ-9. Read here, not in the query: there "9" would mean a tenth element."""
    ninth = answers.get("9")
    return isinstance(ninth, int) and ninth >= 1
