"""The IMAP mailbox that undeliverable mail comes back to."""

from django.conf import settings

from surveys.mail.imap import Place


def bounce_mailbox() -> Place | None:
    """None where the clinic named none."""
    if not settings.BOUNCE_IMAP_HOST:
        return None
    return Place(
        settings.BOUNCE_IMAP_HOST,
        settings.BOUNCE_IMAP_PORT,
        settings.BOUNCE_IMAP_USER,
        settings.BOUNCE_IMAP_PASSWORD,
    )
