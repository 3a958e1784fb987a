"""SVG that may stand in a page: parsed, reduced to what is drawn, themed.

Whatever the layout program wrote, only shapes, texts and tooltips go on, with attributes whose values were
looked at. There are no links, scripts, images or event handlers in the result, and element ids carry the
picture's own prefix so that two pictures in one page do not disturb each other.

Inline pictures follow the page: JupyterLab, VS Code and documentation themes mark dark pages in a way that
CSS can see. Stand-alone files follow the reader's system.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from regexplore.graph.style import GROUND, palette
from regexplore.show.escape import html
from regexplore.show.theme import DARK_PAGES

MAX_BYTES = 64 << 20
_SVG = "{http://www.w3.org/2000/svg}"
_XLINK_TITLE = "{http://www.w3.org/1999/xlink}title"
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_NUMBERS = re.compile(r"[-\d.,\s]+", re.ASCII)
_DECIMALS = re.compile(r"(?<=\.[1-9])\d+|\.0\d*", re.ASCII)
_PATH = re.compile(r"[-\d.,\sMLHVCSQTAZmlhvcsqtaz]+", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_CLASS = re.compile(r"[a-z][a-z -]*", re.ASCII)
_TRANSLATE = re.compile(r"translate\(([-\d.]+)[ ,]([-\d.]+)\)", re.ASCII)
# Attributes of each element, and what their values must look like.
_SHAPES = {
    "path": {"d": _PATH},
    "polygon": {"points": _NUMBERS},
    "polyline": {"points": _NUMBERS},
    "ellipse": {"cx": _NUMBERS, "cy": _NUMBERS, "rx": _NUMBERS, "ry": _NUMBERS},
}
_PLACE = {"x": _NUMBERS, "y": _NUMBERS}
_PAINT = ("fill", "stroke")
_FONT = "font-family:Helvetica,Arial,'Liberation Sans',sans-serif"
_MONO = "font-family:Menlo,'DejaVu Sans Mono','Liberation Mono',Consolas,monospace"
_FONT_SIZE = "10"


@dataclass(frozen=True, slots=True)
class Size:
    """Natural width and height of a picture, in points."""

    width: float
    height: float


def inline(svg: bytes, description: str) -> str:
    """Return a picture to be put into an HTML page, with its style sheet.

    Parameters
    ----------
    svg : bytes
        What the layout program wrote.
    description : str
        What the picture shows, for readers who cannot see it.

    Raises
    ------
    ValueError
        The bytes are not an SVG picture.
    """
    size, body = _body(svg)
    # Natural size at most: a picture of five nodes must not be blown up to the width of the page.
    style = f"width:{size.width:.0f}pt;max-width:100%;height:auto"
    return (
        f'<style>{_page_css(body)}</style><svg class="rxg" role="img" aria-label="{html(description)}" '
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
        f'<style>{_file_css(body)}</style><rect width="{width}" height="{height}" fill="{GROUND.light}"/>'
        f"{body}</svg>\n"
    )


# ---- style sheets ----


def _page_css(body: str) -> str:
    dark_pages = ",".join(f"{page} .rxg" for page in DARK_PAGES)
    return f".rxg{{{_colours(dark=False)}}}{dark_pages}{{{_colours(dark=True)}}}{_rules(body)}"


def _file_css(body: str) -> str:
    dark = f"@media (prefers-color-scheme:dark){{.rxg{{{_colours(dark=True)}}}}}"
    return f".rxg{{{_colours(dark=False)}}}{dark}{_rules(body)}.rxg>rect{{fill:var(--g)}}"


def _colours(*, dark: bool) -> str:
    pairs = [("g", GROUND), *((f"c{n}", colour) for n, colour in enumerate(palette()))]
    return ";".join(f"--{name}:{colour.dark if dark else colour.light}" for name, colour in pairs)


def _rules(body: str) -> str:
    """Map each colour that is written in the picture to its variable."""
    rules = [
        f".rxg text{{{_FONT};font-size:{_FONT_SIZE}px;stroke:none}}.rxg .m{{{_MONO}}}.rxg .f{{{_FONT}}}",
        ".rxg .b{font-weight:700}.rxg .r{font-weight:400}.rxg .s{font-size:9px}",
        ".rxg-n:hover>:not(text),.rxg-e:hover>*{stroke-width:2.4}",
    ]
    rules += [
        f".rxg [{written}]{{{paint}:var(--c{n})}}"
        for n, colour in enumerate(palette())
        for paint in _PAINT
        if (written := f'{paint}="{colour.light}"') in body
    ]
    return "".join(rules)


# ---- the picture ----


def _body(svg: bytes) -> tuple[Size, str]:
    root = _parse(svg)
    graph = root.find(f"{_SVG}g")
    box = [float(number) for number in _NUMBER.findall(root.get("viewBox", ""))]
    if graph is None or len(box) != 4:
        raise ValueError("the layout program wrote something else than a picture")
    moved = _TRANSLATE.search(graph.get("transform", ""))
    x, y = (_short_numbers(moved[1]), _short_numbers(moved[2])) if moved else ("0", "0")
    prefix = f"rxg-{hashlib.sha256(svg).hexdigest()[:8]}"
    drawn = "".join(_groups(graph, prefix))
    # Defaults for everything below: what is written once need not be written a thousand times.
    attributes = f'transform="translate({x} {y})" fill="none" font-size="{_FONT_SIZE}"'
    return Size(box[2], box[3]), f'<g {attributes} font-family="Helvetica,Arial,sans-serif">{drawn}</g>'


def _parse(svg: bytes) -> ET.Element:
    if len(svg) > MAX_BYTES:
        raise ValueError(f"the picture has more than {MAX_BYTES >> 20} MiB")
    if b"<!ENTITY" in svg:
        raise ValueError("the picture defines entities")
    try:
        root = ET.fromstring(svg)  # noqa: S314  # no entities, bounded, written by a local program
    except ET.ParseError as error:
        raise ValueError(f"the picture is not well-formed: {error}") from None
    if root.tag != f"{_SVG}svg":
        raise ValueError("the picture is not SVG")
    return root


def _groups(graph: ET.Element, prefix: str) -> Iterator[str]:
    """The legend, then a group for each node and edge."""
    for child in graph:
        name = child.get("class", "")
        if child.tag == f"{_SVG}g" and name.startswith(("node", "edge")):
            yield _group(child, prefix)
    legend = [child for child in graph if child.get("class") is None]
    yield "".join(shape for child in legend for shape in _shapes(child))


def _group(group: ET.Element, prefix: str) -> str:
    role, *kinds = group.get("class", "").split()
    classes = [f"rxg-{role[0]}", *(f"rxg-{kind}" for kind in kinds if _CLASS.fullmatch(kind))]
    tooltip = next((found.get(_XLINK_TITLE, "") for found in group.iter(f"{_SVG}a")), "")
    title = f"<title>{html(tooltip, multiline=True)}</title>" if tooltip else ""
    return f'<g{_identity(group, prefix)} class="{" ".join(classes)}">{title}{"".join(_shapes(group))}</g>'


def _identity(group: ET.Element, prefix: str) -> str:
    """Nodes keep their counter: that is how a click finds its node."""
    name = group.findtext(f"{_SVG}title", "")
    return f' id="{prefix}-{name}"' if re.fullmatch(r"n\d+", name, re.ASCII) else ""


def _shapes(group: ET.Element) -> Iterator[str]:
    """The drawn elements of a node or edge; the pieces of one line of text as one element.

    The layout program guessed how wide the pieces are; a browser knows.
    """
    line: list[ET.Element] = []
    for element in group.iter():
        name = str(element.tag).removeprefix(_SVG)
        if name == "text" and (not line or line[0].get("y") == element.get("y")):
            line.append(element)
            continue
        if line:
            yield _text_line(line)
        line = [element] if name == "text" else []
        if name in _SHAPES:
            yield _shape(name, element)
    if line:
        yield _text_line(line)


def _allowed(element: ET.Element, known: dict[str, re.Pattern[str]]) -> list[str]:
    return [
        f'{key}="{_short_numbers(value)}"'
        for key, allowed in known.items()
        if (value := element.get(key)) and allowed.fullmatch(value)
    ]


def _shape(name: str, element: ET.Element) -> str:
    attributes = _allowed(element, _SHAPES[name])
    attributes += [
        f'{paint}="{colour}"' for paint in _PAINT if _COLOUR.fullmatch(colour := element.get(paint, ""))
    ]
    if len(attributes) < 2:
        return ""  # the white ground, and shapes without any colour
    for key in ("stroke-width", "stroke-dasharray"):
        value = element.get(key, "")
        if _NUMBERS.fullmatch(value):
            attributes.append(f'{key}="{value}"')
    return f"<{name} {' '.join(attributes)}/>"


def _text_line(elements: list[ET.Element]) -> str:
    pieces = [element for element in elements if (element.text or "").strip()]
    if not pieces:
        return ""
    first, *others = pieces
    place = " ".join(_allowed(first, _PLACE))
    rest = "".join(f"&#160; <tspan{_look(piece)}>{_content(piece)}</tspan>" for piece in others)
    return f"<text {place}{_look(first)}>{_content(first)}{rest}</text>"


def _content(piece: ET.Element) -> str:
    return html((piece.text or "").strip())


def _look(piece: ET.Element) -> str:
    """Class and colour; the default weight and family are written out, because pieces nest."""
    family = "m" if "Courier" in piece.get("font-family", "") else ""
    weight = "b" if piece.get("font-weight") == "bold" else ""
    size = "s" if piece.get("font-size", "").startswith("9") else ""
    classes = " ".join(letter for letter in (family or "f", weight or "r", size) if letter)
    colour = piece.get("fill", "")
    return f' class="{classes}"' + (f' fill="{colour}"' if _COLOUR.fullmatch(colour) else "")


def _short_numbers(value: str) -> str:
    """Cut to a tenth of a point: finer than any screen."""
    return _DECIMALS.sub("", value)
