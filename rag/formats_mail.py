"""E-mails (.eml): who wrote to whom, when and about what, then the words. Attachments are named, not read."""

from __future__ import annotations

from datetime import date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from rag.errors import UnreadableDocument
from rag.formats import Extracted
from rag.formats_html import parse, visible_text
from rag.formats_text import decode

_SHOWN = ("From", "To", "Cc", "Subject", "Date")


def read_mail(raw: bytes) -> Extracted:
    """The text of a mail; plain text is preferred to HTML. Quoted and forwarded words stay.

    Raises:
        UnreadableDocument: it has none of the headers of a mail.
    """
    mail = message_from_bytes(raw, policy=policy.default)
    headers = {name: value for name in _SHOWN if (value := _header(mail, name))}
    if not headers:
        raise UnreadableDocument("is no e-mail: it has no From, To, Subject or Date")
    names = [name for part in mail.iter_attachments() if (name := _attachment(part))]
    parts = [
        "\n".join(f"{name}: {value}" for name, value in headers.items()),
        _body(mail),
        f"Attachments (not read): {', '.join(names)}" if names else "",
    ]
    day = _day(mail)
    return Extracted(
        text="\n\n".join(part for part in parts if part),
        title=headers.get("Subject"),
        author=headers.get("From"),
        published=day,
        published_from="header" if day else None,
    )


def _header(mail: EmailMessage, name: str) -> str:
    return " ".join(str(mail.get(name) or "").split())


def _day(mail: EmailMessage) -> date | None:
    """The day on the sender's clock, as the mail shows it."""
    moment = getattr(mail.get("Date"), "datetime", None)
    return moment.date() if isinstance(moment, datetime) else None


def _body(mail: EmailMessage) -> str:
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    raw = payload if isinstance(payload, bytes) else str(part.get_payload()).encode()
    text = decode(raw, declared=part.get_content_charset())
    if part.get_content_type() == "text/html":
        return visible_text(parse(text))
    return text.replace("\r\n", "\n").strip()


def _attachment(part: EmailMessage) -> str:
    """What an attachment is called; a forwarded mail goes by its subject."""
    name = part.get_filename()
    if not name and part.get_content_type() == "message/rfc822":
        inner = part.get_payload(0) if part.is_multipart() else part
        name = str(inner.get("Subject") or "") if isinstance(inner, EmailMessage) else ""
    return " ".join((name or part.get_content_type()).split())
