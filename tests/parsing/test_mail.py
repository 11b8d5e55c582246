"""What becomes of messages and their attachments."""

import zipfile
from email.message import EmailMessage
from io import BytesIO

import pytest

from parsing import parse
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError


def read(data: bytes, source: str = "inbox/some-mail.eml") -> ParsedDocument:
    return parse("message/rfc822", data, source)


def message(text: str = "Hello Bob.\n\nSee you.") -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = "Zoë <zoe@example.com>"
    mail["To"] = "Bob <bob@example.com>"
    mail["Subject"] = "Größe & more"
    mail["Date"] = "Mon, 6 May 2024 09:30:00 +0200"
    mail.set_content(text)
    return mail


def test_headers_and_text_are_blocks_and_the_subject_is_the_title() -> None:
    document = read(message().as_bytes())
    assert document.title == "Größe & more"
    assert [block.text for block in document.blocks] == [
        "From: Zoë <zoe@example.com>\nTo: Bob <bob@example.com>\n"
        "Date: Mon, 06 May 2024 09:30:00 +0200\nSubject: Größe & more",
        "Hello Bob.",
        "See you.",
    ]
    assert document.metadata == {
        "author": "Zoë <zoe@example.com>",
        "to": "Bob <bob@example.com>",
        "date": "2024-05-06T09:30:00+02:00",
        "subject": "Größe & more",
    }


def test_plain_text_goes_before_the_page_of_the_same() -> None:
    mail = message("Plain.")
    mail.add_alternative("<p>Page.</p>", subtype="html")
    document = read(mail.as_bytes())
    assert [block.text for block in document.blocks][1:] == ["Plain."]
    assert document.members == document.notes == ()


@pytest.mark.parametrize(
    ("plain", "shown", "expected", "notes"),
    [
        (
            "This message needs an HTML viewer.",
            "<table><tr><th>Item</th><th>Sum</th></tr><tr><td>Coal delivery</td><td>880 euros</td></tr>"
            "</table>",
            ["| Item | Sum |\n| --- | --- |\n| Coal delivery | 880 euros |"],
            ("plain form of the text: 6 words left out",),
        ),
        (
            "Please see the map for the way.",
            "<p>Please see <a href='https://x.example/map'>the map</a> for the way.</p>",
            ["Please see the map (https://x.example/map) for the way."],
            (),
        ),
        (
            "The meeting is on Monday in room 4, please bring the figures of March.",
            "<p>The meeting is on Monday in room 4, please bring the figures of March.</p>"
            "<p>Doors open at eight; parking is behind the mill.</p>",
            [
                "The meeting is on Monday in room 4, please bring the figures of March.",
                "Doors open at eight; parking is behind the mill.",
            ],
            (),
        ),
        (
            "Please see the map for the way.\n\nAnn",
            "<p>Please see the map for the way.</p>",
            ["Please see the map for the way.", "Ann"],
            (),
        ),
    ],
)
def test_of_two_forms_of_a_text_the_one_that_says_more_is_read(
    plain: str, shown: str, expected: list[str], notes: tuple[str, ...]
) -> None:
    mail = message(plain)
    mail.add_alternative(shown, subtype="html")
    document = read(mail.as_bytes())
    assert [block.text for block in document.blocks][1:] == expected
    assert document.notes == notes


def test_parts_are_read_in_their_order_and_an_invitation_with_them() -> None:
    event = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Review\nLOCATION:Room 4\nEND:VEVENT\nEND:VCALENDAR\n"
    mail = message("First.")
    mail.add_alternative("<p>First.</p>", subtype="html")
    mail.add_alternative(event, subtype="calendar")
    mail.make_mixed()
    mail.attach(part("<p>Second, as a page.</p>", "html"))
    mail.attach(part("Third.", "plain"))
    document = read(mail.as_bytes())
    assert [block.text for block in document.blocks][1:] == [
        "First.",
        "Review\nWhere: Room 4",
        "Second, as a page.",
        "Third.",
    ]
    assert document.members == ()


def part(text: str, subtype: str) -> EmailMessage:
    inner = EmailMessage()
    inner.set_content(text, subtype=subtype)
    return inner


def test_the_encoding_of_a_page_is_the_messages_whatever_the_page_says() -> None:
    page = '<html><head><meta charset="iso-8859-1"></head><body>Zürich “now”</body></html>'.encode("cp1252")
    head = b"Subject: x\nContent-Type: text/html; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\n"
    assert [block.text for block in read(head + page).blocks][1:] == ["Zürich “now”"]


def test_a_page_alone_is_read_as_one() -> None:
    mail = EmailMessage()
    mail["Subject"] = "News"
    mail.set_content("<h1>News</h1><ul><li>One</li></ul>", subtype="html")
    assert [block.text for block in read(mail.as_bytes()).blocks] == ["Subject: News", "- One"]


def test_attachments_are_members_and_those_of_attached_messages_lie_beside_them() -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("in/a.md", "Inner.")
    inner = message("Inner text.")
    inner.add_attachment(b"Notes.", maintype="text", subtype="markdown", filename="../notes.md")
    outer = message()
    outer.add_attachment(inner)
    outer.add_attachment(file.getvalue(), maintype="application", subtype="zip", filename="files.zip")
    outer.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="logo.png")
    document = read(outer.as_bytes())
    assert [member.path for member in document.members] == [
        "attachment-1.eml",
        "attachment-1.eml/notes.md",
        "files.zip/in/a.md",
    ]
    assert document.notes == ("1 file of another type was left out: .png 1.",)


def test_texts_of_any_kind_and_reports_of_delivery_are_members() -> None:
    report = "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\n"
    report += "Final-Recipient: rfc822; q@x.example\n"
    rich = "--b\nContent-Type: text/enriched\n\nRich words.\n"
    head = "Subject: x\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n"
    document = read(f"{head}{report}{rich}--b--\n".encode())
    texts = ["\n".join(block.text for block in member.document.blocks) for member in document.members]
    assert ("Final-Recipient: rfc822; q@x.example" in texts[0], texts[1]) == (True, "Rich words.")
    assert document.notes == ()


def test_an_encrypted_message_is_noted() -> None:
    armored = read(message("-----BEGIN PGP MESSAGE-----\n\nabc\n-----END PGP MESSAGE-----").as_bytes())
    sealed = read(b"Subject: x\nContent-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nabc")
    for document in (armored, sealed):
        assert document.notes == ("The message is encrypted. Save a decrypted copy to read its text.",)
        assert len(document.blocks) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Type: text/plain; charset=nonsense\n\ncaf\xc3\xa9",
        b"Content-Type: text/plain; charset=utf-8\n\ncaf\xc3\xa9 \xff",
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\ncafe!!!",
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: nonsense\n\ncaf\xc3\xa9",
        b"Content-Type: multipart/mixed; boundary=x\n\nno boundary",
        b"Content-Type: \n\ntext",
    ],
)
def test_malformed_encodings_cost_no_more_than_some_letters(body: bytes) -> None:
    document = read(b"Subject: =?utf-8?q?caf=C3=A9?= =?x?y?z?=\nFrom: <<>@\xc3\xa9>\nDate: someday\n" + body)
    assert document.title.startswith("café")
    assert "date" not in document.metadata


def test_headers_on_many_lines_and_of_any_length_are_one_line() -> None:
    document = read(b"Subject: a\n b\nTo: " + b"x@example.com, " * 9_000 + b"\n\nText.")
    assert document.title == "a b"
    assert len(document.blocks[0].text) < 2_100


@pytest.mark.parametrize("data", [b"", b"\n\n", b"just text"])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="not a mail message"):
        read(data)


@pytest.mark.parametrize("data", [b"", b"nothing", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600])
def test_a_damaged_outlook_message_is_refused(data: bytes) -> None:
    with pytest.raises(FileFormatError, match="The file is damaged"):
        parse("application/vnd.ms-outlook", data, "x.msg")
