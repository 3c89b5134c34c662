"""Names and passwords of those who may use the chat."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import stat
from collections.abc import Mapping
from pathlib import Path

from rag import SettingsError

# Guessing is slow; nobody who mistypes minds.
_WRONG_S = 1.0


class Logins:
    """Who may come in."""

    def __init__(self, passwords: Mapping[str, str]) -> None:
        """``passwords`` by name."""
        self._passwords = dict(passwords)

    @classmethod
    def read(cls, path: Path) -> Logins:
        """From a file with a line ``name:password`` for everybody; a password may hold colons.

        Raises:
            SettingsError: it cannot be read, others on this machine can read it, or a line is not like that.
        """
        try:
            mode = path.stat().st_mode
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise SettingsError(
                f"The logins cannot be read from {path}: {reason}. "
                "It must be a text file with lines like name:password."
            ) from None
        if mode & (stat.S_IROTH | stat.S_IWOTH):
            raise SettingsError(
                f"Everybody on this machine can get at the passwords in {path}. Run: chmod 600 {path}"
            )
        passwords: dict[str, str] = {}
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            # Gradio takes spaces away from around a name that is typed.
            name, _, password = line.partition(":")
            name = name.strip()
            if not name or not password or name in passwords:
                why = (
                    "names somebody a second time" if name in passwords else "is not name:password"
                )
                raise SettingsError(f"Line {number} of {path} {why}. Correct it.")
            passwords[name] = password
        if not passwords:
            raise SettingsError(f"{path} names nobody. Add a line like name:password.")
        return cls(passwords)

    async def check(self, name: str, password: str) -> bool:
        """Whether this is somebody's password; slow to say no."""
        known = self._passwords.get(name, "")
        right = hmac.compare_digest(known.encode(), password.encode()) and name in self._passwords
        if not right:
            await asyncio.sleep(_WRONG_S)
        return right

    async def from_header(self, authorization: str) -> str | None:
        """The name behind an ``Authorization`` header, ``None`` if it lets nobody in.

        Args:
            authorization: ``Basic`` as browsers and curl send it, or ``Bearer name:password``: what a
                client of OpenAI makes of an API key.
        """
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "basic":
            try:
                given = base64.b64decode(given.strip(), validate=True).decode("utf-8")
            except (binascii.Error, UnicodeDecodeError):
                return None
        elif scheme.lower() != "bearer":
            return None
        name, _, password = given.strip().partition(":")
        return name if await self.check(name, password) else None
