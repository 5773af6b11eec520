"""From the story's Markdown and Python to HTML: what the story uses, and no more. All text is escaped first."""

import io
import keyword
import re
import tokenize
from string import Template

from pliant.harmless import escape

INLINE = (
    (re.compile(r"\*\*(.+?)\*\*"), r"<strong>\1</strong>"),
    (re.compile(r"\*(.+?)\*"), r"<em>\1</em>"),
    (re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)"), r'<a href="\2">\1</a>'),
)


INDICES = str.maketrans({"₀": "0", "₁": "1", "ᵢ": "i", "ⱼ": "j"})


def fill(template: str, **values: str) -> str:
    """Fill a template of this package; the values are HTML already."""
    return Template(template).substitute(values)


def prose(text: str) -> str:
    """Give paragraphs, lists and formulas (lines that are indented) as HTML."""
    return "\n".join(_block(block) for block in re.split(r"\n{2,}", text.strip("\n")))


def _block(block: str) -> str:
    lines = block.splitlines()
    if all(line.startswith("    ") for line in lines):
        parts = (part for line in lines for part in re.split(r"\s{3,}", line.strip()))
        return '<p class="formula">' + "".join(f"<span>{_indices(escape(part))}</span>" for part in parts) + "</p>"
    if all(line.startswith(("- ", "  ")) for line in lines):
        items = re.split(r"^- ", block, flags=re.MULTILINE)[1:]
        return "<ul>" + "".join(f"<li>{inline(item)}</li>" for item in items) + "</ul>"
    return f"<p>{inline(block)}</p>"


def inline(text: str) -> str:
    """Give words with their `code`, *emphasis* and links as HTML."""
    parts = " ".join(text.split()).split("`")
    return "".join(f"<code>{_whole(escape(part))}</code>" if i % 2 else _words(part) for i, part in enumerate(parts))


def _whole(code: str) -> str:
    """Keep what has a hyphen in it, an option or a file, on one line."""
    return re.sub(r"[^ ]*-[^ ]*", r'<span class="word">\g<0></span>', code)


def _words(text: str) -> str:
    said = _indices(escape(text))
    for pattern, replacement in INLINE:
        said = pattern.sub(replacement, said)
    return said


def _indices(text: str) -> str:
    """Write small letters below the line as HTML does: few fonts have them in italics."""
    return re.sub("[₀₁ᵢⱼ]", lambda letter: f"<sub>{letter[0].translate(INDICES)}</sub>", text)


def python(code: str) -> str:
    """Give Python as HTML, with a class on each kind of token."""
    lines = code.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    said, at = [], 0
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        kind = _kind(token)
        if kind:
            begin, end = starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
            said += [escape(code[at:begin]), f'<span class="{kind}">{escape(code[begin:end])}</span>']
            at = end
    return "".join([*said, escape(code[at:])])


def _kind(token: tokenize.TokenInfo) -> str:
    """Give the class of a token, or nothing."""
    name = tokenize.tok_name[token.type]
    if token.type == tokenize.NAME:
        return "k" if keyword.iskeyword(token.string) else ""
    if name in ("STRING", "FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END"):
        return "s"
    return {tokenize.NUMBER: "n", tokenize.COMMENT: "m"}.get(token.type, "")
