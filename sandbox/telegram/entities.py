"""Formatted text as Telegram reads it: the plain text of it and its entities, or an error.

HTML knows a handful of tags and four names of characters; MarkdownV2 wants every other mark of
punctuation escaped. One mistake, and the whole message is refused.
"""

import re
from typing import Any, Final

_TAGS: Final = {
    **{"b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline"},
    **{"ins": "underline", "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough"},
    **{"tg-spoiler": "spoiler", "span": "spoiler", "a": "text_link", "code": "code", "pre": "pre"},
    "blockquote": "blockquote",
}
_CHARACTERS: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)((?:\s+[^<>]*)?)>")
_CHARACTER: Final = re.compile(r"&(#\d+|#x[0-9a-fA-F]+|[a-z]+);")
_LINK: Final = re.compile(r'href\s*=\s*"([^"]*)"')
_MARKS: Final = {
    "*": "bold",
    "_": "italic",
    "__": "underline",
    "~": "strikethrough",
    "||": "spoiler",
}
_ESCAPED: Final = frozenset("_*[]()~`>#+-=|{}.!\\")

Entity = dict[str, Any]


class CannotParse(Exception):
    """Raised with what Telegram adds to ``can't parse entities``."""


def parsed(text: str, mode: str) -> tuple[str, list[Entity]]:
    """Return the text without its marks, and what they meant.

    Raises:
        CannotParse: a mark is unknown, not escaped or never ended.
    """
    match mode.lower():
        case "":
            return text, []
        case "html":
            return _html(text)
        case "markdownv2":
            return _markdown(text)
    raise CannotParse(f"unsupported parse_mode {mode}")


def length(text: str) -> int:
    """Count as Telegram does: in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def _html(text: str) -> tuple[str, list[Entity]]:
    plain, entities, place = "", [], 0
    begun: list[tuple[str, int, str]] = []
    while place < len(text):
        mark = text[place]
        if mark == "<":
            found = _TAG.match(text, place)
            if found is None or found[2].lower() not in _TAGS:
                what = found[2] if found else text[place + 1 : place + 2]
                raise CannotParse(
                    f'Unsupported start tag "{what}" at byte offset {_at(text, place)}'
                )
            name = found[2].lower()
            if not found[1]:
                begun.append((name, length(plain), found[3]))
            elif not begun or begun[-1][0] != name:
                raise CannotParse(f"Unexpected end tag at byte offset {_at(text, place)}")
            else:
                _, since, attributes = begun.pop()
                entities += _entity(_TAGS[name], since, length(plain), attributes)
            place = found.end()
        elif mark == "&" and (found := _CHARACTER.match(text, place)):
            plain += _character(found[1])
            place = found.end()
        else:
            plain += mark
            place += 1
    if begun:
        raise CannotParse(f'Can\'t find end tag corresponding to start tag "{begun[-1][0]}"')
    return plain, sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def _character(name: str) -> str:
    if name.startswith("#x"):
        return chr(int(name[2:], 16))
    if name.startswith("#"):
        return chr(int(name[1:]))
    return _CHARACTERS.get(name, f"&{name};")


def _markdown(text: str) -> tuple[str, list[Entity]]:
    """Read the marks that go around words; links and code are not written by anybody here."""
    plain, entities, place = "", [], 0
    begun: list[tuple[str, int]] = []
    while place < len(text):
        mark = text[place : place + 2] if text[place : place + 2] in _MARKS else text[place]
        if mark == "\\" and text[place + 1 : place + 2] in _ESCAPED:
            plain += text[place + 1]
            place += 2
            continue
        if mark in _MARKS:
            if begun and begun[-1][0] == mark:
                entities += _entity(_MARKS[mark], begun.pop()[1], length(plain), "")
            else:
                begun.append((mark, length(plain)))
        elif mark in _ESCAPED:
            raise CannotParse(
                f"Character '{mark}' is reserved and must be escaped with the preceding '\\'"
            )
        else:
            plain += mark
        place += len(mark)
    if begun:
        raise CannotParse(f"Can't find end of the entity starting at byte offset {begun[-1][1]}")
    return plain, entities


def _entity(kind: str, since: int, until: int, attributes: str) -> list[Entity]:
    if since == until:
        return []
    entity: Entity = {"offset": since, "length": until - since, "type": kind}
    if kind == "text_link":
        link = _LINK.search(attributes)
        return [{**entity, "url": link[1]}] if link else []
    return [entity]


def _at(text: str, place: int) -> int:
    return len(text[:place].encode())
