"""Rows of a healthy clinic, bent as somebody would who changes the database itself, and what
`afterglow verify` must say of each. Ana has answered, Ben has been asked.
"""

from surveys.models import (
    Alert,
    Message,
    Occurrence,
    OccurrenceVersion,
    Patient,
    Response,
    Score,
    Token,
)
from tests import cast

NOW = cast.START


def ana() -> Occurrence:
    return Occurrence.objects.get(state="answered")


def ben() -> Occurrence:
    return Occurrence.objects.get(state="sent")


def bend(row: object, **fields: object) -> int:
    """As somebody would who changes the database itself."""
    type(row).objects.filter(pk=row.pk).update(**fields)
    return row.pk


def a_second_invitation_accepted() -> int:
    first = ben().messages.get()
    Message.objects.create(
        key="twice", kind="invitation", occurrence=ben(), patient=first.patient, state="accepted",
        state_at=NOW, queued_at=NOW, to_address=first.to_address,
    )  # fmt: skip
    return ben().pk


def the_mail_was_never_handed_over() -> int:
    bend(ben().messages.get(), state="cancelled")
    return ben().pk


def the_answers_are_gone() -> int:
    forms = ana().responses.all()
    Alert.objects.filter(response__in=forms).update(response=None, unsent=ana())
    Score.objects.filter(response__in=forms).delete()
    number = ana().pk
    forms.delete()
    return number


def an_answered_one_is_open_again() -> int:
    row = ana()
    bend(OccurrenceVersion.objects.filter(occurrence=row).last(), state="sent")
    return bend(row, state="sent")


def its_history_says_otherwise() -> int:
    bend(OccurrenceVersion.objects.filter(occurrence=ben()).last(), state="expired")
    return ben().pk


def the_alert_is_gone() -> int:
    Message.objects.filter(kind="alert").delete()
    Alert.objects.all().delete()
    return Response.objects.get(instrument="phq9").pk


def the_score_was_changed() -> int:
    return bend(Score.objects.get(response__instrument="phq9"), total=3) and phq9_form()


def the_band_was_changed() -> int:
    return bend(Score.objects.get(response__instrument="phq9"), band="none") and phq9_form()


def a_blank_was_forgotten() -> int:
    score = Score.objects.get(response__instrument="gad7")
    return bend(score, missing=score.missing[1:]) and score.response_id


def it_counts_as_filled_up() -> int:
    return bend(Score.objects.get(response__instrument="phq9"), prorated=True) and phq9_form()


def a_flag_was_taken_away() -> int:
    return bend(Score.objects.get(response__instrument="phq9"), flags={}) and phq9_form()


def the_answers_were_changed() -> int:
    return bend(Response.objects.get(instrument="phq9"), answers=cast.phq9(*[1] * 8, 3))


def the_score_is_gone() -> int:
    Score.objects.filter(response__instrument="phq9").delete()
    return phq9_form()


def phq9_form() -> int:
    return Response.objects.get(instrument="phq9").pk


def the_form_is_somebody_elses() -> int:
    Alert.objects.update(patient=ben().course.patient)
    return bend(Response.objects.get(instrument="phq9"), patient=ben().course.patient)


def the_form_is_of_another_course() -> int:
    return bend(Response.objects.get(instrument="gad7"), course=ben().course)


def the_alert_is_about_somebody_else() -> int:
    return bend(Alert.objects.get(), patient=ben().course.patient)


def nobody_took_it_on() -> int:
    return bend(Alert.objects.get(), acknowledged_by=None)


def it_waits_though_taken_on() -> int:
    return bend(Alert.objects.get(), state="notified")


def it_says_when_and_not_who() -> int:
    return bend(Alert.objects.get(), state="escalated", acknowledged_by=None)


def it_closed_without_words() -> int:
    return bend(Alert.objects.get(), state="closed", closed_at=NOW)


def its_end_is_told_and_it_is_not_closed() -> int:
    return bend(Alert.objects.get(), closed_at=NOW, outcome="Called back.")


def there_is_nothing_to_tell() -> int:
    calm = Response.objects.get(instrument="gad7")
    alert = Alert.objects.create(
        response=calm, patient=calm.patient, level="urgent", concerns=[], raised_at=NOW,
        state="acknowledged", acknowledged_at=NOW, acknowledged_by=cast.okafor(),
    )  # fmt: skip
    return alert.pk


def the_mail_is_somebody_elses() -> int:
    return bend(ben().messages.get(), patient=Patient.objects.get(code="A-001"))


def the_link_leads_elsewhere() -> int:
    token = Token.objects.get(occurrence=ben())
    later = Occurrence.objects.filter(course=ben().course).exclude(pk=ben().pk).first()
    bend(token, occurrence=later)
    return token.message_id


def the_link_lives_on() -> int:
    Token.objects.filter(occurrence=ana()).update(revoked_at=None)
    return ana().pk


def the_address_is_another_by_now() -> int:
    bend(ben().course.patient, email="new@mail.example")
    return ben().messages.get().pk


def nobody_carries_the_mail() -> int:
    return bend(Message.objects.filter(kind="alert").first(), state="sending", lease_until=None)


def a_survey_is_lost() -> int:
    row = Occurrence.objects.filter(state="planned").first()
    bend(OccurrenceVersion.objects.filter(occurrence=row).last(), state="lost")
    return bend(row, state="lost")


def an_alert_is_lost() -> int:
    return bend(Alert.objects.get(), state="withdrawn")


def a_mail_is_lost() -> int:
    return bend(Message.objects.filter(kind="alert").first(), state="lost")


BENT = [
    (a_second_invitation_accepted, "Survey {} was accepted for delivery more than once."),
    (the_mail_was_never_handed_over,
     "Survey {} counts as sent, but no mail of it was handed over."),
    (the_answers_are_gone, "Survey {} counts as answered, but holds no answer."),
    (an_answered_one_is_open_again, "Survey {} holds answers, but does not count as answered."),
    (its_history_says_otherwise, "Survey {} is not as its own history says."),
    (a_survey_is_lost, "Survey {} is in no known state."),
    (the_alert_is_gone, "Form {} holds what must be told and has no alert."),
    (the_score_was_changed, "Form {} does not come to the score that is kept of it."),
    (the_band_was_changed, "Form {} does not come to the score that is kept of it."),
    (a_blank_was_forgotten, "Form {} does not come to the score that is kept of it."),
    (it_counts_as_filled_up, "Form {} does not come to the score that is kept of it."),
    (a_flag_was_taken_away, "Form {} does not come to the score that is kept of it."),
    (the_answers_were_changed, "Form {} does not come to the score that is kept of it."),
    (the_score_is_gone, "Form {} does not come to the score that is kept of it."),
    (the_form_is_somebody_elses,
     "Form {} is kept under another patient or course than it belongs to."),
    (the_form_is_of_another_course,
     "Form {} is kept under another patient or course than it belongs to."),
    (nobody_took_it_on, "Alert {} counts as taken on, but by nobody."),
    (it_waits_though_taken_on, "Alert {} counts as waiting, and yet as taken on by somebody."),
    (it_says_when_and_not_who, "Alert {} counts as waiting, and yet as taken on by somebody."),
    (it_closed_without_words, "Alert {} is closed by its state or by its words, not by both."),
    (its_end_is_told_and_it_is_not_closed,
     "Alert {} is closed by its state or by its words, not by both."),
    (there_is_nothing_to_tell, "Alert {} is about a form in which nothing must be told."),
    (the_alert_is_about_somebody_else,
     "Alert {} is about another patient than the answers behind it."),
    (an_alert_is_lost, "Alert {} is in no known state."),
    (the_mail_is_somebody_elses, "Mail {} is not for the patient of its survey."),
    (the_link_leads_elsewhere, "Mail {} holds a link to another survey than its own."),
    (the_link_lives_on, "Survey {} is answered, and a link to it still opens."),
    (the_address_is_another_by_now,
     "Mail {} holds a link that still opens and went to an address the patient has no more."),
    (nobody_carries_the_mail,
     "Mail {} is half-way out, and nobody is known to carry it. Is the scheduler running? Else"
     " type: afterglow upkeep"),
    (a_mail_is_lost, "Mail {} is in no known state."),
]  # fmt: skip
