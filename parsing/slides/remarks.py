"""Comments on slides, in the older and the newer form."""

from collections.abc import Iterator

from pptx.slide import Slide

from parsing.archives.zipped import Element
from parsing.document import Block
from parsing.office.package import OfficePackage
from parsing.text import clean

COMMENTS = "comments"
AUTHORS = ("ppt/commentAuthors.xml", "ppt/authors.xml")


def comment_blocks(slide: Slide, package: OfficePackage) -> Iterator[Block]:
    """What readers have written to a slide, each with its author."""
    names = package.related(slide.part.partname.lstrip("/"), COMMENTS)
    authors = _authors(package) if names else {}
    for name in names:
        root = package.xml(name)
        for comment in root.iter("{*}cm", "{*}reply") if root is not None else ():
            words = _words(comment)
            author = authors.get(comment.get("authorId", ""), "")
            if words:
                yield Block(f"Comment by {author}: {words}" if author else f"Comment: {words}")


def _words(comment: Element) -> str:
    """The comment without its replies, which come by themselves."""
    own = (child for child in comment if isinstance(child.tag, str) and not child.tag.endswith("}replyLst"))
    texts = (text for child in own for text in child.iter("{*}text", "{*}t"))
    return " ".join(clean(" ".join(text.text or "" for text in texts)).split())


def _authors(package: OfficePackage) -> dict[str, str]:
    roots = [root for name in AUTHORS if (root := package.xml(name)) is not None]
    people = [person for root in roots for person in root.iter("{*}cmAuthor", "{*}author")]
    return {person.get("id", ""): clean(person.get("name", "")) for person in people}
