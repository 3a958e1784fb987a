"""SVG that may stand in a page: reduced to what is drawn, held against a grammar, themed.

Whatever the layout program wrote, the result matches one regular expression that knows shapes, texts and
tooltips, and of their attributes nothing but numbers and colours: no links, scripts, images or event handlers.
Element ids carry the picture's own prefix so that two pictures in one page do not disturb each other.

An XML tree would be the obvious way, and takes half as long as the layout itself; a few substitutions over
the whole text take a tenth.

Inline pictures follow the page: JupyterLab, VS Code and documentation themes mark dark pages in a way that
CSS can see. Stand-alone files follow the reader's system.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache, lru_cache

from regexplore.graph.style import GROUND, palette
from regexplore.show.escape import html
from regexplore.show.theme import DARK_PAGES

MAX_BYTES = 64 << 20
# How dot and graphviz-pure write SVG: one element a line.
_HEAD = re.compile(
    r"(?:<[?!][^<>]*>\s*)*"
    r'<svg [^<>]*viewBox="[-\d.]+ [-\d.]+ (?P<width>[\d.]+) (?P<height>[\d.]+)"[^<>]*>\n'
    r'<g id="graph0" class="graph" transform="[^"<>]*translate\((?P<x>[-\d.]+)[ ,](?P<y>[-\d.]+)\)">\n'
    r"<title>[^<>]*</title>\n",
    re.ASCII,
)
_FOOT = "</g>\n</svg>"
_GROUND = re.compile(
    r'<g id="a_graph0"><a xlink:title="[^"<>]*">\n|<polygon fill="(?:white|none)" [^<>]*/>\n'
)
_GROUP = re.compile(
    r'<!-- [^<>]*-->\n<g id="(?:node|edge)\d+" class="(node|edge)((?: (?:[a-z-]|&#45;)+)*)">\n<title>([^<>]*)</title>\n'
    r'(?:<g id="a_(?:node|edge)\d+"><a xlink:title="([^"<>]*)">\n)?',
    re.ASCII,
)
_END_OF_TIP = "</a>\n</g>\n"
_TEXT_START = re.compile(
    r'<text(?: xml:space="preserve")? text-anchor="[a-z]+"( x="[-\d.]+" y="[-\d.]+")'
    r' font-family="(Courier)?[A-Za-z, -]*"( font-weight="bold")? font-size="([\d.]+)"( fill="#[0-9a-f]{6}")?>',
    re.ASCII,
)
_BLANK = re.compile(r"</text>\n<text [^<>]*>[ \xa0]+</text>\n<text[^<>]*( class[^<>]*)>([^<>]*)(?=</text>)")
_UNSEEN_PAINT = (' fill="none"', ' stroke="none"', ' stroke="transparent"')
# What a picture may consist of when everything else was done; whatever does not fit is not shown.
_TEXT = r"(?:[^<>&\x00-\x1f\x7f-\x9f]|&(?:amp|lt|gt|quot|apos|#\d+);)*+"
_NUMBERS = r'="[-\d.,\s]+"'
_PAINT_OF = r'(?: (?:fill|stroke)="#[0-9a-f]{6}")*'
_ALLOWED = re.compile(
    r'(?:<g(?: id="rxg-[0-9a-f]{8}-n\d+"| data-ends="n\d+ n\d+")? class="rxg-[ne](?: rxg-[a-z-]+)*">'
    rf"|<title>{_TEXT}</title>"
    rf"|<(?:path|polygon|polyline|ellipse){_PAINT_OF}(?: (?:stroke-(?:width|dasharray)|points|cx|cy|rx|ry){_NUMBERS}"
    r'| d="[-\d.,\sA-Z]+")*/>'
    rf"|<text(?: [xy]{_NUMBERS})*+ class=\"[a-z ]+\"{_PAINT_OF}>{_TEXT}"
    rf"|<tspan class=\"[a-z ]+\"{_PAINT_OF}>{_TEXT}</tspan>(?:&#160; )?"
    r"|</text>|</g>)*+",
    re.ASCII,
)
_FONT = "font-family:Helvetica,Arial,'Liberation Sans',Arimo,'Nimbus Sans',FreeSans,sans-serif"
# The layout is made for Helvetica. A reader who has none of its kin gets a wider font: even so no text leaves its box.
_SHOWN_SIZE, _SMALL_SIZE = "9.4", "8.6"
_MONO = "font-family:Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace"
_FONT_SIZE = "10"


@dataclass(frozen=True, slots=True)
class Size:
    """Natural width and height of a picture, in points."""

    width: float
    height: float


def inline(svg: bytes, description: str, *, named_edges: bool = False) -> str:
    """Return a picture to be put into an HTML page, with its style sheet.

    Parameters
    ----------
    svg : bytes
        What the layout program wrote.
    description : str
        What the picture shows, for readers who cannot see it.
    named_edges : bool
        Whether edges tell their ends, ``data-ends="n1 n2"``, for a script that lights them up.

    Raises
    ------
    ValueError
        The bytes are not an SVG picture.
    """
    size, body = _body(svg, named_edges=named_edges)
    # Natural size at most: a picture of five nodes must not be blown up to the width of the page.
    style = f"width:{size.width:.0f}pt;max-width:100%;height:auto"
    return (
        f'<style>{_page_css()}</style><svg class="rxg" role="img" aria-label="{html(description)}" '
        f'viewBox="0 0 {size.width:.0f} {size.height:.0f}" style="{style}">{body}</svg>'
    )


def standalone(svg: bytes, description: str) -> str:
    """Return a picture as a file of its own, light or dark as the reader's system.

    Raises
    ------
    ValueError
        The bytes are not an SVG picture.
    """
    size, body = _body(svg)
    width, height = f"{size.width:.0f}", f"{size.height:.0f}"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" class="rxg" role="img" aria-label="{html(description)}" '
        f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}">'
        f'<style>{_file_css()}</style><rect width="{width}" height="{height}" fill="{GROUND.light}"/>'
        f"{body}</svg>\n"
    )


# ---- style sheets ----


def system_colours() -> str:
    """Return the CSS by which inline pictures follow the reader's system, for a page of their own."""
    return f"@media (prefers-color-scheme:dark){{html .rxg{{{_colours(dark=True)}}}}}"


@cache
def _page_css() -> str:
    dark_pages = ",".join(f"{page} .rxg" for page in DARK_PAGES)
    return f".rxg{{{_colours(dark=False)}}}{dark_pages}{{{_colours(dark=True)}}}{_rules()}"


@cache
def _file_css() -> str:
    dark = f"@media (prefers-color-scheme:dark){{.rxg{{{_colours(dark=True)}}}}}"
    return f".rxg{{{_colours(dark=False)}}}{dark}{_rules()}.rxg>rect{{fill:var(--g)}}"


def _colours(*, dark: bool) -> str:
    pairs = [("g", GROUND), *((f"c{n}", colour) for n, colour in enumerate(palette()))]
    return ";".join(f"--{name}:{colour.dark if dark else colour.light}" for name, colour in pairs)


def _rules() -> str:
    """Map each colour that may be written in a picture to its variable."""
    rules = [
        f".rxg text{{{_FONT};font-size:{_SHOWN_SIZE}px;stroke:none}}.rxg .m{{{_MONO}}}.rxg .f{{{_FONT}}}",
        f".rxg .b{{font-weight:700}}.rxg .r{{font-weight:400}}.rxg .s{{font-size:{_SMALL_SIZE}px}}",
        ".rxg-n:hover>:not(text),.rxg-e:hover>*{stroke-width:2.4}",
    ]
    rules += [
        f'.rxg [{paint}="{colour.light}"]{{{paint}:var(--c{n})}}'
        for n, colour in enumerate(palette())
        for paint in ("fill", "stroke")
    ]
    return "".join(rules)


# ---- the picture ----


def _body(svg: bytes, *, named_edges: bool = False) -> tuple[Size, str]:
    head, drawn = _opened(svg)
    prefix = f"rxg-{hashlib.blake2b(svg, digest_size=4).hexdigest()}"
    drawn = _grouped(_seen_paint(_text_lines(drawn)), prefix, named_edges=named_edges)
    if _ALLOWED.fullmatch(drawn) is None or drawn.count("<g ") != drawn.count("</g>"):
        raise ValueError("the layout program wrote something else than shapes and text into the picture")
    # Defaults for everything below: what is written once need not be written a thousand times.
    attributes = f'transform="translate({head["x"]} {head["y"]})" fill="none" font-size="{_FONT_SIZE}"'
    body = f'<g {attributes} font-family="Helvetica,Arial,sans-serif">{drawn}</g>'
    return Size(float(head["width"]), float(head["height"])), body


def _opened(svg: bytes) -> tuple[re.Match[str], str]:
    """What the picture says of itself, and what is drawn: the legend and a group for each node and edge."""
    if len(svg) > MAX_BYTES:
        raise ValueError(f"the picture has more than {MAX_BYTES >> 20} MiB")
    text = svg.decode("utf-8", "replace")
    head = _HEAD.match(text)
    end = text.rfind(_FOOT)
    if head is None or end < head.end():
        raise ValueError("the layout program wrote something else than a picture")
    legend, comment, groups = text[head.end() : end].partition("<!-- n")
    # The tooltip of the whole picture goes, and with it the end of its group.
    return head, _GROUND.sub("", legend).replace(_END_OF_TIP, "") + comment + groups


def _text_lines(drawn: str) -> str:
    """The pieces of one line of text as one element, each with class and colour.

    The layout program guessed how wide the pieces are; a browser knows. Piece and piece have a blank between.
    """
    drawn = _TEXT_START.sub(_text_start, drawn)
    return _BLANK.sub(r"&#160; <tspan\1>\2</tspan>", drawn)


@lru_cache(maxsize=128)
def _classes(mono: str, bold: str, size: str) -> str:
    # The default weight and family are written out, because pieces nest.
    letters = ("m" if mono else "f", "b" if bold else "r", "s" if size.startswith("9") else "")
    return " ".join(filter(None, letters))


def _text_start(found: re.Match[str]) -> str:
    place, mono, bold, size, colour = found.groups("")
    return f'<text{place} class="{_classes(mono, bold, size)}"{colour}>'


def _seen_paint(drawn: str) -> str:
    """Shapes without the paint that is not seen."""
    for paint in _UNSEEN_PAINT:
        drawn = drawn.replace(paint, "")
    return drawn


def _grouped(drawn: str, prefix: str, *, named_edges: bool) -> str:
    """Nodes keep their counter: that is how a click finds its node."""

    def group(found: re.Match[str]) -> str:
        role, kinds, name, tip = found.groups("")
        classes = f"rxg-{role[0]}{_own_classes(kinds)}"
        identity = f' id="{prefix}-{name}"' if role == "node" else ""
        if role == "edge" and named_edges:
            identity = f' data-ends="{name.replace("&#45;&gt;", " ")}"'
        return f'<g{identity} class="{classes}">' + (f"<title>{tip}</title>" if tip else "")

    return _GROUP.sub(group, drawn).replace(_END_OF_TIP, "").replace(">\n", ">")


@lru_cache(maxsize=256)
def _own_classes(kinds: str) -> str:
    # dot writes a hyphen, as in tag-schema, in a way of its own.
    return kinds.replace("&#45;", "-").replace(" ", " rxg-")
