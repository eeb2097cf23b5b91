from dataclasses import dataclass, field


@dataclass(frozen=True)
class Letter:
    """One mail to one address. `ref` is the opaque id that may travel with it."""

    ref: str
    to: str
    sender: str
    sender_name: str
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)
