"""Subtitles, calendars, contacts, translations, mailboxes and saved pages."""

import pytest

from parsing import parse
from parsing.detection import media_type_of
from parsing.document import ParsedDocument
from parsing.errors import FileFormatError
from parsing.formats import named_type
from tests.parsing.archives import zipped

EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//x
BEGIN:VTIMEZONE
TZID:Europe/Berlin
END:VTIMEZONE
BEGIN:VEVENT
UID:1
SUMMARY:Budget round
DTSTART;TZID=Europe/Berlin:20270301T090000
DTEND:20270301T100000Z
LOCATION:Room 4\\, north
ORGANIZER;CN="Ines Roth":mailto:ines@x.example
DESCRIPTION:Bring the
  figures
BEGIN:VALARM
ACTION:DISPLAY
END:VALARM
END:VEVENT
END:VCALENDAR
"""
CARD = """BEGIN:VCARD
VERSION:2.1
N:Roth;Ines;;;
FN:Ines Roth
ORG:Seven Bridges;Kilns
TEL;WORK;VOICE:+49 30 555
ADR;TYPE=home:;;Am Tor 1;Bonn;;53111;
NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=iso-8859-1:Gr=FC=DFe=
 an alle
PHOTO;ENCODING=b:aGVsbG8=
X-SOCIAL:x
END:VCARD
"""
TRANSLATION = """msgid ""
msgstr ""
"Language: de\\n"

# for the menu
#: src/app.py:7
msgctxt "menu"
msgid "Open"
msgstr "Öffnen"

msgid "%d file"
msgid_plural "%d files"
msgstr[0] "%d Datei"
msgstr[1] ""
"%d Dateien"

#~ msgid "Gone"
#~ msgstr "Weg"
"""
MAILBOX = (
    "From ann@x.example Mon Mar  1 09:00:00 2027\nSubject: One\n\nFirst text.\n>From the start.\n\n"
    "From bob@x.example Mon Mar  1 10:00:00 2027\nSubject: Two\n\nSecond text.\n"
)
SAVED = """From: <Saved by Blink>
Subject: Saved page
MIME-Version: 1.0
Content-Type: multipart/related; type="text/html"; boundary="b"

--b
Content-Type: text/html
Content-Transfer-Encoding: quoted-printable
Content-Location: https://x.example/docs/

<html><head><title>Lanterns</title></head><body><p>About <a href=3D"a">lamps</a>.</p></body></html>
--b
Content-Type: image/png
Content-Transfer-Encoding: base64

aGVsbG8=
--b--
"""


def read(name: str, text: str) -> ParsedDocument:
    data = text.encode()
    return parse(media_type_of(name, data), data, f"kb/{name}")


@pytest.mark.parametrize(
    ("name", "text", "title", "expected", "notes"),
    [
        (
            "talk.srt",
            "1\n00:00:01,000 --> 00:00:04,000\nWelcome to the <i>course</i>.\n\n"
            "2\n00:00:04,500 --> 00:00:08,000\nToday we\nmake bowls.\n\n"
            "3\n00:02:00,000 --> 00:02:03,000\nThe end.\n",
            "Talk",
            [((), "[00:00:01] Welcome to the course. Today we make bowls."), ((), "[00:02:00] The end.")],
            (),
        ),
        (
            "talk.vtt",
            "WEBVTT\n\nNOTE for editors\n\n00:01.000 --> 00:04.000\n<v Ann>The budget &amp; more.\n\n"
            "00:04.000 --> 00:05.000\n<v Ben>Yes.\n",
            "Talk",
            [((), "[00:00:01] Ann: The budget & more."), ((), "[00:00:04] Ben: Yes.")],
            ("comments: 1 left out",),
        ),
        (
            "two.vtt",
            "WEBVTT\n\n00:01.000 --> 00:04.000\n<v Ann>Go?</v>\n<v Ben>Yes.</v>\n\nAt once.\n",
            "Two",
            [((), "[00:00:01] Ann: Go?"), ((), "[00:00:01] Ben: Yes."), ((), "[00:00:01] At once.")],
            (),
        ),
        (
            "talk.vtt",
            "WEBVTT - Talk on kilns\n\n00:01.000 --> 00:04.000\nHot.\n",
            "Talk on kilns",
            [((), "[00:00:01] Hot.")],
            (),
        ),
        (
            "shop.po",
            '#, fuzzy, c-format\nmsgid "Cancel"\nmsgstr "Abbruch"\n',
            "Shop",
            [((), "(fuzzy)\nCancel\nAbbruch")],
            (),
        ),
        (
            "ann.vcf",
            "BEGIN:VCARD\nFN:Ann Lee\nN:Lee;Ann;;Dr.;\nEND:VCARD\n",
            "Ann Lee",
            [((), "Ann Lee\nFull name: Lee, Ann, Dr.")],
            (),
        ),
        (
            "visit.ics",
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Visit\nATTENDEE;CN=Bob;PARTSTAT=DECLINED:mailto:b@x.example"
            "\nEND:VEVENT\nEND:VCALENDAR\n",
            "Visit",
            [((), "Visit\nAttendee: Bob (b@x.example), declined")],
            (),
        ),
        (
            "round.ics",
            EVENT,
            "Budget round",
            [
                (
                    (),
                    "Budget round\nStart: 2027-03-01 09:00, Europe/Berlin\nEnd: 2027-03-01 10:00 UTC\n"
                    "Where: Room 4, north\nOrganizer: Ines Roth (ines@x.example)\nDescription: Bring the "
                    "figures",
                )
            ],
            ("reminders: 1 left out",),
        ),
        (
            "ines.vcf",
            CARD,
            "Ines Roth",
            [
                (
                    (),
                    "Ines Roth\nOrganization: Seven Bridges, Kilns\nPhone (work): +49 30 555\n"
                    "Address (home): Am Tor 1, Bonn, 53111\nNote: Grüße an alle",
                )
            ],
            ("photo: 1 left out", "properties of single programs: 1 left out"),
        ),
        (
            "app.po",
            TRANSLATION,
            "App",
            [((), "(for the menu)\nmenu\nOpen\nÖffnen"), ((), "%d file\n%d files\n%d Datei\n%d Dateien")],
            ("obsolete messages: 1 left out",),
        ),
        (
            "page.mhtml",
            SAVED,
            "Lanterns",
            [((), "About lamps (https://x.example/docs/a).")],
            ("pictures: 1 left out",),
        ),
    ],
)
def test_a_file_is_read_as_its_reader_sees_it(
    name: str, text: str, title: str, expected: list[tuple[tuple[str, ...], str]], notes: tuple[str, ...]
) -> None:
    document = read(name, text)
    assert document.title == title
    assert [(block.heading_path, block.text) for block in document.blocks] == expected
    assert document.notes == notes


def test_events_of_a_calendar_stand_below_their_names() -> None:
    one = EVENT[EVENT.index("BEGIN:VEVENT") : EVENT.index("END:VCALENDAR")]
    calendar = (
        f"BEGIN:VCALENDAR\nX-WR-CALNAME:Team\n{one}{one.replace('Budget round', 'Review')}END:VCALENDAR\n"
    )
    document = read("team.ics", calendar)
    assert document.title == "Team"
    assert [block.heading_path for block in document.blocks] == [("Budget round",), ("Review",)]


def test_messages_of_a_mailbox_are_documents_of_their_own() -> None:
    document = read("old.mbox", MAILBOX)
    assert document.blocks == ()
    assert [(member.path, member.document.title) for member in document.members] == [
        ("message-1.eml", "One"),
        ("message-2.eml", "Two"),
    ]
    assert [block.text for block in document.members[0].document.blocks] == [
        "Subject: One",
        "First text.\nFrom the start.",
    ]


def test_a_mailbox_in_an_archive_is_nothing_but_its_messages() -> None:
    data = zipped({"mail/old.mbox": MAILBOX})
    document = parse("application/zip", data, "kb/all.zip")
    assert [member.path for member in document.members] == [
        "mail/old.mbox/message-1.eml",
        "mail/old.mbox/message-2.eml",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "just words"),
        ("a.vtt", "just words"),
        ("a.ics", "just words"),
        ("a.vcf", "BEGIN:NOTHING"),
        ("a.po", "just words"),
        ("a.mbox", "just words"),
        ("a.mhtml", "Subject: x\n\njust words"),
    ],
)
def test_what_is_no_such_file_is_refused_with_the_cure(name: str, text: str) -> None:
    with pytest.raises(FileFormatError, match=r"again"):
        read(name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.srt", "00:00:01,000 --> " * 50_000),
        ("a.vtt", "WEBVTT\n\n" + "00:01.000 --> 00:02.000\n<v " * 50_000),
        ("a.ics", "BEGIN:VCALENDAR\n" + "BEGIN:VEVENT\n" * 50_000),
        ("a.vcf", "BEGIN:VCARD\nNOTE;ENCODING=QUOTED-PRINTABLE:" + "=\n" * 50_000),
        ("a.po", 'msgid "' + '"\n"' * 50_000),
        ("a.mhtml", "Content-Type: multipart/related; boundary=b\n\n" + "--b\n\n" * 5_000),
    ],
)
def test_a_hostile_file_is_read_or_refused_and_nothing_more(name: str, text: str) -> None:
    try:
        document = read(name, text)
    except FileFormatError:
        return
    assert len(document.blocks) < 1_000


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        *((f"a{ending}", "text/markdown") for ending in (".qmd", ".Rmd", ".mdx", ".mdc")),
        *((f"a{ending}", "application/xml") for ending in (".dita", ".nxml", ".plist", ".resx", ".xliff")),
        *((f"a{ending}", "application/json") for ending in (".jsonc", ".geojson")),
        *((f"a{ending}", "text/x-source") for ending in (".asciidoc", ".f90", ".cbl", ".zig", ".ml", ".vhd")),
        *((f"a{ending}", "text/x-source") for ending in (".strings", ".ftl", ".json5", ".mmd")),
        ("a.dotx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.ppsx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
        ("a.xltx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("a.ott", "application/vnd.oasis.opendocument.text"),
        ("a.pot", "text/x-gettext-translation"),
        ("a.mht", "multipart/related"),
    ],
)
def test_endings_stand_for_the_formats_they_name(name: str, media_type: str) -> None:
    assert named_type(name) == media_type
