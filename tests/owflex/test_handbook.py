"""What `owflex up` begins with where there are no documents yet."""

from owflex.up.documents import handbook


def test_the_pages_about_owflex_are_where_a_checkout_has_them() -> None:
    assert (handbook() / "index.md").is_file()
    assert (handbook() / "documents.md").is_file()
