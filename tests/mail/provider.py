"""SendGrid's side of the event webhook: a key pair of its own, posts signed as it signs them."""

import base64
import json
import time
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

PRIVATE = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEY = base64.b64encode(
    PRIVATE.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
DOOR = "/mail-events/sendgrid/"


def event(ref: object, kind: str, at: datetime, **more: object) -> dict:
    """One element of a post; `kind` "blocked" is a bounce of that type, as SendGrid says it."""
    named = {"event": kind} if kind != "blocked" else {"event": "bounce", "type": "blocked"}
    return {
        "email": "ana@mail.example", "timestamp": int(at.timestamp()), "ref": str(ref),
        "sg_event_id": f"id-{time.monotonic_ns()}", **named, **more,
    }  # fmt: skip


def body_of(events: Iterable[object]) -> bytes:
    return json.dumps(list(events)).encode()


def signed_headers(body: bytes, *, stamp: str | None = None, key=PRIVATE) -> dict[str, str]:
    """The headers that make a post of `body` believed."""
    stamp = str(int(time.time())) if stamp is None else stamp
    signature = key.sign(stamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        "Content-Type": "application/json",
    }


def post(body: bytes, *, stamp: str | None = None, key=PRIVATE, signed: bytes | None = None):
    """Posts `body`; the signature covers `signed`, which is the body unless somebody meddled."""
    told = signed_headers(body if signed is None else signed, stamp=stamp, key=key)
    return Client().post(DOOR, body, content_type="application/json", headers=told)


def tell(*events: object) -> int:
    """Posts signed events; returns the status."""
    return post(body_of(events)).status_code
