"""Link secrets: 256 random bits in the mail, only their hash with us."""

import hashlib
import secrets


def mint() -> str:
    """A fresh secret, 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored. A fast hash is enough: 256 random bits cannot be guessed offline."""
    return hashlib.sha256(secret.encode()).hexdigest()
