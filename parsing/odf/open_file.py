"""An open OpenDocument file, and what its styles and forms say."""

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from parsing.archives.zipped import Element, parse_xml, read_member
from parsing.detection import PROTECTED
from parsing.errors import FileFormatError
from parsing.left_out import LeftOut
from parsing.odf.lists import ListLevel, list_levels
from parsing.odf.names import FORM, OFFICE, STYLE, TABLE
from parsing.odf.sight import unseen_styles
from parsing.unseen import Kind

TICKED, EMPTY = "☒", "☐"


@dataclass
class OpenFile:
    """The files within, and what their styles mean; `controls` are the controls of forms by their ids."""

    archive: zipfile.ZipFile
    left_out: LeftOut
    lists: Mapping[tuple[str, int], ListLevel | None] = field(default_factory=dict[tuple[str, int], Any])
    raised: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    unseen: Mapping[tuple[str, str], Kind] = field(default_factory=dict[tuple[str, str], Kind])
    controls: dict[str, str] = field(default_factory=dict[str, str])
    # In headers and footers, numbers of pages say nothing.
    is_margin: bool = False

    def xml(self, name: str) -> Element | None:
        """The root of a file within; None when there is none. Raises `FileFormatError`."""
        if name not in self.archive.NameToInfo:
            return None
        return parse_xml(read_member(self.archive, name))


def refuse_encrypted(archive: zipfile.ZipFile) -> None:
    """Nothing for a file that is open to read. Raises `FileFormatError` for an encrypted one."""
    if "META-INF/manifest.xml" in archive.NameToInfo:
        manifest = parse_xml(read_member(archive, "META-INF/manifest.xml"))
        if next(manifest.iter("{*}encryption-data"), None) is not None:
            raise FileFormatError(PROTECTED)


def learn_styles(file: OpenFile, *roots: Element) -> None:
    """Remember what the styles and forms of these files say."""
    file.lists = {place: level for root in roots for place, level in list_levels(root)}
    file.raised = frozenset(name for root in roots for name in _raised_styles(root))
    file.titles = frozenset({"Title"} | {name for root in roots for name in _title_styles(root)})
    file.unseen = unseen_styles(roots)
    file.controls = dict(control for root in roots for control in _controls(root))


def hidden_tables(root: Element) -> set[str]:
    """The names of the table styles that hide their tables."""
    hidden = root.iterfind(f".//{STYLE}style/{STYLE}table-properties[@{TABLE}display='false']")
    parents = (properties.getparent() for properties in hidden)
    return {style.get(f"{STYLE}name", "") for style in parents if style is not None}


def _raised_styles(root: Element) -> Iterator[str]:
    """The names of the styles of text above the line."""
    for style in root.iter(f"{STYLE}style"):
        properties = style.find(f"{STYLE}text-properties")
        place = properties.get(f"{STYLE}text-position", "") if properties is not None else ""
        if place.startswith("super") or re.match(r"[1-9]\d?%", place):
            yield style.get(f"{STYLE}name", "")


def _title_styles(root: Element) -> Iterator[str]:
    """The names of the paragraph styles that are derived from a title's."""
    for style in root.iter(f"{STYLE}style"):
        if style.get(f"{STYLE}parent-style-name") == "Title":
            yield style.get(f"{STYLE}name", "")


def _controls(root: Element) -> Iterator[tuple[str, str]]:
    """What each control of a form shows: a box by its state, the value of a field, the choice of a list."""
    for forms in root.iter(f"{OFFICE}forms"):
        for control in forms.iter(
            f"{FORM}checkbox",
            f"{FORM}radio",
            f"{FORM}text",
            f"{FORM}textarea",
            f"{FORM}combobox",
            f"{FORM}listbox",
            f"{FORM}formatted-text",
            f"{FORM}date",
        ):
            yield control.get(f"{FORM}id", ""), _shown(control)


def _shown(control: Element) -> str:
    if control.tag in (f"{FORM}checkbox", f"{FORM}radio"):
        stated = control.get(f"{FORM}current-state") or control.get(f"{FORM}state")
        is_ticked = "checked" in (stated, control.get(f"{FORM}current-selected")) or "true" in (
            control.get(f"{FORM}current-selected"),
            control.get(f"{FORM}selected"),
        )
        return f"{TICKED if is_ticked else EMPTY} {control.get(f'{FORM}label', '')}".strip()
    chosen = [one for one in control.iter(f"{FORM}option") if one.get(f"{FORM}current-selected") == "true"]
    if chosen:
        return ", ".join(one.get(f"{FORM}label", "") for one in chosen)
    return control.get(f"{FORM}current-value") or control.get(f"{FORM}value") or ""
