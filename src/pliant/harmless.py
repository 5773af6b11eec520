"""Words from a table, made so that they can only be read: by a terminal, by a browser, and by people.

A column's name, a level or the name of a file may be anything. A terminal obeys control characters, a browser obeys
tags, and some letters without a shape turn the words around them about. Whoever writes text goes through here.
"""

import html
import re

# control characters but line breaks and tabs; marks that turn text about, part or join lines, or have no shape (the two
# joiners apart, which words of some languages have); halves of letters; and what is no character at all
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U000e0000-\U000e0fff]|["
    + "".join(f"{chr(plane * 0x10000 + 0xFFFE)}{chr(plane * 0x10000 + 0xFFFF)}" for plane in range(1, 17))
    + "]"
)


def visible(text: str) -> str:
    r"""Give text with all that acts and is not seen written out, as Python writes it: `\x1b`, `\u202e`.

    Line breaks and tabs stay.
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def on_one_line(text: str) -> str:
    r"""Give text with line breaks and tabs written out too: `\n`, `\t`."""
    return visible(text).replace("\n", r"\n").replace("\t", r"\t")


def escape(text: str) -> str:
    """Make text harmless in HTML, in attributes too."""
    return html.escape(visible(text), quote=True)
