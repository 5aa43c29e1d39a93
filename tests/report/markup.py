"""What a reader of HTML sees: its tags, and its words."""

from __future__ import annotations

from html.parser import HTMLParser

_ALONE = frozenset({"meta", "input", "br", "hr"})


class Seen(HTMLParser):
    """A page taken apart. It fails where a tag is closed that is not open, or one stays open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words: list[str] = []
        """All text that is no code."""
        self.code: list[str] = []
        """The text of each piece of code."""
        self._open: list[str] = []
        self.feed(page)
        self.close()
        assert not self._open, self._open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        if tag not in _ALONE:
            self._open.append(tag)
        if tag == "code":
            self.code.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open and self._open.pop() == tag, (tag, self._open)

    def handle_data(self, data: str) -> None:
        if "code" in self._open:
            self.code[-1] += data
        elif "style" not in self._open:
            self.words.append(data)
