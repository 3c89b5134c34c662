"""E-mails: headers, body, attachments."""

from datetime import date

import pytest

from rag.errors import UnreadableDocument
from rag.formats_mail import read_mail
from tests.rag.files import mail


def test_headers_body_and_the_names_of_attachments():
    found = read_mail(
        mail("Good news.\n\nCome.", html="<p>other</p>", attachments=["plan.pdf"], Subject="Häfen")
    )

    assert found.text == (
        "From: Ann Clay <ann@paper.example>\nTo: desk@paper.example\nSubject: Häfen\n"
        "Date: Mon, 04 Mar 2024 23:30:00 -0500\n\nGood news.\n\nCome.\n\nAttachments (not read): plan.pdf"
    )
    assert (found.title, found.author) == ("Häfen", "Ann Clay <ann@paper.example>")


def test_the_date_is_the_day_on_the_senders_clock():
    found = read_mail(mail())
    assert (found.published, found.published_from) == (date(2024, 3, 4), "header")


@pytest.mark.parametrize("stated", [None, "some day", "Mon, 99 Mar 2024 23:30:00 -0500"])
def test_without_a_date_there_is_none(stated):
    raw = mail(Date=None)
    if stated:
        raw = f"Date: {stated}\n".encode() + raw
    found = read_mail(raw)
    assert (found.published, found.published_from) == (None, None)


def test_html_is_read_where_there_is_no_plain_text():
    assert read_mail(mail(None, html="<p>Good<br>news</p>")).text.endswith("\n\nGood\nnews")


def test_a_mail_of_attachments_alone():
    raw = (
        b"Subject: Plan\nContent-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: image/png\n"
        b'Content-Disposition: attachment; filename="plan.png"\n\nx\n--X--\n'
    )
    assert read_mail(raw).text == "Subject: Plan\n\nAttachments (not read): plan.png"


def test_a_forwarded_mail_is_named_by_its_subject():
    inner = mail(Subject="Inside").decode()
    raw = (
        f"From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=X\n\n--X\n\nSee below.\n"
        f"--X\nContent-Type: message/rfc822\n\n{inner}\n--X--\n"
    ).encode()
    assert (
        read_mail(raw).text == "From: a@b.example\n\nSee below.\n\nAttachments (not read): Inside"
    )


@pytest.mark.parametrize("charset", ["iso-8859-1", "no-such", "utf-8"])
def test_the_charset_may_be_wrong(charset):
    raw = (
        f'From: a@b.example\nContent-Type: text/plain; charset="{charset}"\n\n'.encode()
        + "Café déjà vu".encode("latin-1")
    )
    assert read_mail(raw).text.endswith("Café déjà vu")


def test_what_has_no_headers_is_no_mail():
    with pytest.raises(UnreadableDocument, match="is no e-mail"):
        read_mail(b"Just some words.\n\nMore.")
