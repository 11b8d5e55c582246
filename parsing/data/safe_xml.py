"""How XML from outside is read: nothing outside is fetched, no entity grows."""

from typing import Final, TypedDict


class SafeOptions(TypedDict):
    """What every parser of lxml is given."""

    resolve_entities: bool
    no_network: bool
    load_dtd: bool
    huge_tree: bool


SAFE: Final[SafeOptions] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
