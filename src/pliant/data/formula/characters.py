"""Which characters a formula is made of, and what to type instead of the ones that only look right."""

import unicodedata

_INSTEAD = {  # code points, since many of these cannot be told apart, or seen
    "-": "2212 2013 2014 2010 2011 2012 2015 FE63 FF0D 2043",
    "~": "223C FF5E 02DC 301C 223D 2053",
    "*": "00D7 2217 FF0A 22C5 00B7 2022 2715 2731 2A2F",
    "/": "00F7 2215 2044 FF0F 29F8",
    ":": "FF1A 2236 A789 02D0 02F8",
    "^": "FF3E 02C6 2303 2191",
    "+": "FF0B FE62 2795",
    "`": "FF40 2035 02CB",
    "'": "2018 2019 201A 201B 2032 02BC FF07",
    '"': "201C 201D 201E 201F 2033 00AB 00BB FF02",
    "(": "FF08 27EE 2768 FD3E",
    ")": "FF09 27EF 2769 FD3F",
    ",": "FF0C 3001 201A FE50",
    ".": "FF0E 3002 2024",
    "%": "FF05 FE6A 066A",
    "=": "FF1D FE66",
}
_LETTERS = {  # Cyrillic and Greek letters that look like a Latin one
    "A": "0410 0391",
    "B": "0412 0392",
    "C": "0421",
    "E": "0415 0395",
    "H": "041D 0397",
    "I": "0406 0399",
    "J": "0408",
    "K": "041A 039A",
    "M": "041C 039C",
    "N": "039D",
    "O": "041E 039F",
    "P": "0420 03A1",
    "S": "0405",
    "T": "0422 03A4",
    "X": "0425 03A7",
    "Y": "0423 03A5",
    "Z": "0396",
    "a": "0430 03B1",
    "c": "0441",
    "e": "0435",
    "h": "04BB",
    "i": "0456",
    "j": "0458",
    "k": "03BA",
    "o": "043E 03BF",
    "p": "0440 03C1",
    "s": "0455",
    "t": "03C4",
    "u": "03C5",
    "v": "03BD",
    "x": "0445",
    "y": "0443",
}
LOOKALIKES = {chr(int(odd, 16)): plain for plain, odds in _INSTEAD.items() for odd in odds.split()}
_LATIN = {int(odd, 16): plain for plain, odds in _LETTERS.items() for odd in odds.split()}
_CONTROLS = {0x09: "tab", 0x0A: "line break", 0x0D: "line break"}


def is_start(character: str) -> bool:
    """Tell whether a bare name may start with a character: a letter of any script, `_` or `.`."""
    if character.isascii():
        return character.isalpha() or character in "_."
    return character.isalpha() and character not in LOOKALIKES and not _plain_form(character)


def is_inside(character: str) -> bool:
    """Tell whether a character may stand inside a bare name: also digits and combining marks."""
    if character.isascii():
        return character.isalnum() or character in "_."
    if is_start(character):
        return True
    known = unicodedata.category(character) in ("Mn", "Mc", "Nd")
    return known and character not in LOOKALIKES and not _plain_form(character)


def is_plain_name(name: str) -> bool:
    """Tell whether a column's name can be written without backticks.

    As in R: letters, digits, `.` and `_`, not starting with a digit nor with a dot and a digit.
    """
    if not name or name in (".", "TRUE", "FALSE", "True", "False"):
        return False
    if name[0] == "." and name[1:2].isdecimal():
        return False
    return is_start(name[0]) and all(map(is_inside, name))


def is_forbidden(character: str) -> bool:
    """Tell whether a character may stand nowhere in a formula, not even in backticks or quotes."""
    code = ord(character)
    return (code < 0x20 and code not in _CONTROLS) or code == 0x7F or 0xD800 <= code <= 0xDFFF


def describe(character: str) -> str:
    """Name a character so that one that cannot be seen is found: `'−' (U+2212, MINUS SIGN)`."""
    code = f"U+{ord(character):04X}"
    name = unicodedata.name(character, "")
    if not name and unicodedata.category(character) == "Cc":
        name = "NULL" if character == "\0" else "a control character"
    known = f"{code}, {name}" if name else code
    visible = character.isprintable() and not unicodedata.category(character).startswith(("Z", "M", "C"))
    return f"{character!r} ({known})" if visible else f"an invisible character ({known})"


def advise(character: str) -> str:
    """Say what to type instead of a character that has no place in a formula."""
    category = unicodedata.category(character)
    if category.startswith("Z"):
        return "type an ordinary space"
    if category in ("Cf", "Cc", "Cs", "Cn", "Co"):
        return "delete it"
    if unicodedata.decomposition(character).startswith("<super>") and character.isdigit():
        return f"type I(x^{unicodedata.digit(character)}) for a power"
    plain = LOOKALIKES.get(character) or _plain_form(character)
    if plain:
        return f"type {plain} instead"
    return "a name that has such a character goes between backticks"


def _plain_form(character: str) -> str:
    """Give the ASCII text that a full-width or mathematical letter, digit or sign stands for, or nothing."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if plain.isascii() and plain.isprintable() and plain.strip() else ""


def skeleton(name: str) -> str:
    """Give the same text for names that look the same: accents composed, Latin letters for their doubles."""
    return unicodedata.normalize("NFKC", name).translate(_LATIN).casefold()
