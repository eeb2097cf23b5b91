"""Which mail addresses are taken: one rule for every place where an address is written or used.

Signs beyond ASCII leave only where each server on the way knows RFC 6531; many do not. A domain of
such letters has a plain spelling too, which begins with xn--.
"""

TO_DO = "Write an address of plain letters, like ana@example.org."


def why_not_taken(address: str) -> str:
    """Which of its signs are the trouble, to follow the address in a sentence; empty for none."""
    strange = [sign for sign in dict.fromkeys(address) if not sign.isascii()]
    shown = [sign if sign.isprintable() else "a sign that cannot be seen" for sign in strange]
    return f"holds {' and '.join(shown)}, which not every mail server takes" if shown else ""
