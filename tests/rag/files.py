"""Small files of every format, made by hand, for the tests."""

import io
import zipfile
from email.message import EmailMessage
from html import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
# Where not 556, in thousandths of the size.
WIDTHS = {
    character: width
    for width, characters in {
        222: "ijl", 278: " .,ftI", 333: "r", 500: "ckJsvxyz", 611: "FTZ", 667: "ABEKPSVXY",
        722: "CDHNRUw", 778: "GOQ", 833: "mM", 944: "W",
    }.items()
    for character in characters
}  # fmt: skip
PROPERTIES = ' properties="nav"'
STORY = (
    "The harbour reopened to ships on Monday after a long winter, the mayor said, and many sailors "
    "returned to their work. Nobody had expected the ice to leave the bay before the end of April."
)


def zipped(members, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def paragraph(words, inside=""):
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(words)}</w:t></w:r>{inside}</w:p>'


def docx(*paragraphs, title=None, **members):
    """A Word document of XML paragraphs, or of plain words."""
    body = "".join(p if p.startswith("<w:") else paragraph(p) for p in paragraphs)
    parts = {
        "[Content_Types].xml": "<Types/>",
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
        **members,
    }
    if title is not None:
        parts["docProps/core.xml"] = (
            f'<c:coreProperties xmlns:c="c" xmlns:dc="d"><dc:title>{escape(title)}</dc:title>'
            "<dc:creator>Ann Clay</dc:creator><c:created>2001-01-01</c:created></c:coreProperties>"
        )
    return zipped(parts)


def notes(*paragraphs):
    inside = "".join(f"<w:footnote>{paragraph(p)}</w:footnote>" for p in paragraphs)
    return f'<w:footnotes xmlns:w="{W}">{inside}</w:footnotes>'


def epub(chapters, *, order=None, title="The Book", **members):
    """A book of ``{file name: XHTML body}``, read in the given order."""
    items = "".join(
        f'<item id="{name}" href="text/{name}" media-type="application/xhtml+xml"'
        f"{' properties=nav'.replace('nav', chr(34) + 'nav' + chr(34)) if name.startswith('nav') else ''}/>"
        for name in chapters
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in (order or chapters))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{title}</dc:title><dc:creator>Ann Clay</dc:creator><dc:date>2001-01-01</dc:date></metadata>"
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="OPS/book.opf"/></container>',
            "OPS/book.opf": package,
            **{
                f"OPS/text/{name}": f'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml">'
                f"<head><title>t</title></head><body>{body}</body></html>"
                for name, body in chapters.items()
            },
            **members,
        }
    )


def pdf(*pages, title=None):
    """A PDF of pages, each a list of ``(x, y, size, words)`` in Helvetica, from the lower left in points."""
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    kids = []
    for lines in pages:
        drawn = "".join(
            f"BT /F1 {size} Tf {x} {y} Td ({_escaped(words)}) Tj ET\n"
            for x, y, size, words in lines
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream")
        kids.append(f"{len(objects) + 1} 0 R")
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {len(objects)} 0 R >>"
        )
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    info = ""
    if title is not None:
        objects.append(f"<< /Title ({_escaped(title)}) /CreationDate (D:20010101000000Z) >>")
        info = f" /Info {len(objects)} 0 R"
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{content}\nendobj\n".encode("cp1252")
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode()
    return (
        out
        + f"trailer << /Size {len(objects) + 1} /Root 1 0 R{info} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )


def lines(words, *, width=260, x=72, top=760, size=12, pitch=15):
    """Words set as lines of a page, as `pdf` takes them; measures in points."""
    rows, row = [], ""
    for word in words.split(" "):
        if row and size * _ems(f"{row} {word}") > width:
            rows.append(row)
            row = word
        else:
            row = f"{row} {word}".strip()
    return [(x, top - at * pitch, size, text) for at, text in enumerate([*rows, row])]


def _ems(words):
    """How wide words are in Helvetica."""
    return sum(WIDTHS.get(character, 556) for character in words) / 1000


def page(*paragraphs, head="", title="Harbour reopens"):
    """A web page with an article among what stands around articles."""
    inside = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
    return (
        f"<!doctype html><html><head><title>{escape(title)}</title>{head}</head><body>"
        '<nav><a href="/">Home</a> <a href="/sport">Sport</a></nav>'
        f"<article><h1>{escape(title)}</h1>{inside}</article>"
        "<footer>© 2019 The Paper. All rights reserved.</footer></body></html>"
    ).encode()


def mail(words="Good news.", *, html=None, attachments=(), **headers):
    message = EmailMessage()
    defaults = {
        "From": "Ann Clay <ann@paper.example>",
        "To": "desk@paper.example",
        "Subject": "Harbour",
    }
    for name, value in {**defaults, "Date": "Mon, 04 Mar 2024 23:30:00 -0500", **headers}.items():
        if value is not None:
            message[name] = value
    if words is not None:
        message.set_content(words)
    if html is not None:
        (message.add_alternative if words is not None else message.set_content)(
            html, subtype="html"
        )
    for name in attachments:
        message.add_attachment(
            b"secret words", maintype="application", subtype="octet-stream", filename=name
        )
    return message.as_bytes()


def _escaped(words):
    return words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
