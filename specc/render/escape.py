"""User text made safe for SVG, HTML, DOT and Mermaid."""

from __future__ import annotations

__all__ = ["dot_text", "mermaid_text", "one_line", "xml_text"]


def one_line(text: str, limit: int = 60) -> str:
    """The text on one line, cut with an ellipsis at ``limit`` characters.

    >>> one_line("a\\n b", 2)
    'a…'
    """
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else flat[: limit - 1].rstrip() + "…"


def xml_text(text: str) -> str:
    """Text for an XML or HTML element or quoted attribute; what XML forbids becomes U+FFFD.

    >>> xml_text('</script> & "x"')
    '&lt;/script&gt; &amp; &quot;x&quot;'
    """
    kept = "".join(char if _allowed(char) else "\ufffd" for char in text)
    for plain, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        kept = kept.replace(plain, entity)
    return kept.replace("'", "&#39;")


def dot_text(text: str) -> str:
    """A quoted DOT string; line ends become centred line breaks.

    >>> dot_text('a "b"')
    '"a \\\\"b\\\\""'
    """
    kept = "".join(char if _allowed(char) else "\ufffd" for char in text)
    escaped = kept.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "\\n".join(escaped.splitlines()) + '"'


def mermaid_text(text: str) -> str:
    """A quoted Mermaid label; everything that Mermaid, Markdown or HTML would read is an entity.

    >>> mermaid_text('a "b" <c>')
    '"a #quot;b#quot; #lt;c#gt;"'
    """
    parts = [
        "".join(_mermaid(char) for char in line if _allowed(char)) for line in text.splitlines()
    ]
    return '"' + "<br/>".join(parts) + '"'


def _mermaid(char: str) -> str:
    named = {'"': "#quot;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}
    if char in named:
        return named[char]
    return f"#{ord(char)};" if char in "#;`*_\\[]{}|~" else char


def _allowed(char: str) -> bool:
    code = ord(char)
    return char in "\t\n\r" or (
        0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
    )
