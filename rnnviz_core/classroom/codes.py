"""Codes that are read from a wall and typed, and secrets that nobody can guess."""

import hashlib
import hmac
import secrets

# Neither vowels, so that no word comes of it, nor letters that are taken for others (L, Q, V, Y).
LETTERS = "BCDFGHJKMNPRSTWXZ"
LENGTH = 4
_SECRET_BYTES = 18  # 144 bits, 24 characters
SECRET_CHARACTERS = 24


def new_code() -> str:
    """A code of four letters, one of 83,521."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def read_code(typed: str) -> str | None:
    """A code as somebody typed it, in any case and with spaces; None where it can be none."""
    code = "".join(typed[:40].split()).upper()
    return code if len(code) == LENGTH and set(code) <= set(LETTERS) else None


def new_secret() -> str:
    """What makes somebody the teacher of a class, or one of its students; fit for an address."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest(secret: str) -> str:
    """What the database keeps of a secret: whoever reads the file cannot act with it.

    A plain hash does: with 144 random bits there is nothing to guess, so it need not be slow.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(secret: str, kept: str) -> bool:
    """Whether a secret is the one of a digest; takes as long whether it is or not."""
    return hmac.compare_digest(digest(secret), kept)
