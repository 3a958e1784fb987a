"""Write the page of the visual language of graphs and its picture: ``python docs/graph_legend.py``."""

from __future__ import annotations

from pathlib import Path

from regexplore.content.node import Edge, Node
from regexplore.graph.model import ContentGraph
from regexplore.graph.style import ABOUT_STROKE, CONTENT_STROKE, FAMILIES, TAG_STROKE
from regexplore.objects.graph import Graph
from regexplore.oci import Descriptor, Digest, Platform, media_types

DOCS = Path(__file__).parent
HEAD = """# Reading a graph

One visual language for every picture: Graphviz, Mermaid, the clickable graph and the explorer. Shape, colour
and word say the same thing three times, so that none of them is needed alone. The hues keep apart for
colour-blind readers, and every text has a contrast of at least 4.5 to 1, on light pages and on dark ones.

![A node of every family and a line of every kind](images/graph-legend.svg)

| word | shape | colour | what it is |
|---|---|---|---|"""
FOOT = """
What two images share is one node. A node tells its size, of a document that of its content; its platform; its
artifact type; and a digest in short. Point at it for the digest in full, the media type and the annotations.
What is folded says how many there are and how large they are together: above 250 nodes layers fold into
their images first, then equal siblings. What a picture leaves out stands below it.

In a difference of two graphs what was added has a green line and the word *added*, what was removed a red
one and the word *removed*.

This page is made from the code: `python docs/graph_legend.py`."""
MEANING = {
    "tag": "a name that can move to another manifest",
    "index": "lists manifests, mostly one for each platform",
    "image": "a manifest with a config and layers, for one platform",
    "artifact": "a manifest of anything else: a chart, a model, a module, some files",
    "signature": "says who vouches for what it is about",
    "sbom": "says which packages are in what it is about",
    "attestation": "says how something was built, scanned or tested",
    "config": "how an image is run, and its history",
    "layer": "a part of a file system",
    "blob": "other bytes that a manifest lists",
    "unknown": "a document that could not be understood",
    "missing": "something that is named and not there",
}
_COLOURS = {
    "tag": "amber",
    "index": "violet",
    "image": "blue",
    "artifact": "teal",
    "signature": "magenta",
    "sbom": "magenta",
    "attestation": "magenta",
    "config": "warm grey",
    "layer": "blue-grey",
    "blob": "grey",
    "unknown": "white",
    "missing": "red",
}
_SHAPES = {
    "cds": "arrow",
    "folder": "folder",
    "box3d": "box with depth",
    "component": "box with plugs",
    "note": "sheet with a folded corner",
    "tab": "box with a tab",
    "cylinder": "cylinder",
    "box": "box",
}


def _descriptor(name: str, media_type: str, size: int) -> Descriptor:
    return Descriptor(media_type, Digest.of(name.encode()), size)


def legend_graph() -> ContentGraph:
    """Return a small supply chain with a node of every family and an edge of every kind of line."""
    manifest, helm = media_types.OCI_MANIFEST, "application/vnd.cncf.helm."
    parts = {
        "index": ("index", media_types.OCI_INDEX, 862, {}),
        "image": ("image", manifest, 1_024, {"platform": Platform("linux", "amd64")}),
        "config": ("config", media_types.OCI_CONFIG, 2_048, {}),
        "layer": ("layer", media_types.OCI_LAYER_GZIP, 29_360_128, {}),
        "signature": ("artifact", manifest, 700, {"artifact_type": "application/vnd.cncf.notary.signature"}),
        "sbom": ("artifact", manifest, 720, {"artifact_type": "application/spdx+json"}),
        "attestation": ("artifact", manifest, 740, {"artifact_type": "application/vnd.in-toto+json"}),
        "artifact": ("artifact", manifest, 600, {"artifact_type": f"{helm}config.v1+json"}),
        "blob": ("blob", f"{helm}chart.content.v1.tar+gzip", 4_096, {}),
        "unknown": ("unknown", "application/x-unheard-of", 300, {}),
    }
    nodes, ids = {}, {}
    for name, (kind, media_type, size, more) in parts.items():
        target = _descriptor(name, media_type, size)
        ids[name] = str(target.digest)
        nodes[ids[name]] = Node(id=ids[name], kind=kind, descriptor=target, state="read", **more)
    gone = _descriptor("gone", media_types.OCI_MANIFEST, 500)
    ids["missing"] = str(gone.digest)
    nodes[ids["missing"]] = Node(
        id=ids["missing"], kind="image", descriptor=gone, state="missing", error="MissingError: 404"
    )
    for tag in ("v1.0", "1.0.0"):
        ids[tag] = f"registry.example/app:{tag}"
        nodes[ids[tag]] = Node(id=ids[tag], kind="tag", name=tag, state="read")
    edges = (
        ("v1.0", "index", "tag"),
        ("1.0.0", "artifact", "tag"),
        ("index", "image", "child"),
        ("index", "missing", "child"),
        ("index", "unknown", "child"),
        ("image", "config", "config"),
        ("image", "layer", "layer"),
        ("artifact", "blob", "layer"),
        ("signature", "index", "subject"),
        ("sbom", "image", "subject"),
        ("attestation", "image", "attests"),
    )
    return ContentGraph(
        nodes=nodes,
        edges=tuple(Edge(ids[source], ids[target], kind) for source, target, kind in edges),
        title="registry.example/app",
    )


def page() -> str:
    """Return the page."""
    lines = HEAD.splitlines()
    for name, style in FAMILIES.items():
        shape = _SHAPES[style.shape]
        outline = {"dashed": ", dashed", "rounded": ", rounded"}.get(style.outline, "")
        double = ", double line" if style.borders > 1 else ""
        lines.append(f"| {name} | {shape}{outline}{double} | {_COLOURS[name]} | {MEANING[name]} |")
    lines += ["", "| line | word | from what to what |", "|---|---|---|"]
    for stroke, told in (
        (CONTENT_STROKE, "from a document to what it contains: platforms, config, layers"),
        (ABOUT_STROKE, "from evidence to its subject, whether it says so itself, or a tag or an index does"),
        (TAG_STROKE, "from a tag to what it names now"),
    ):
        lines.append(f"| {stroke.outline} | {stroke.word} | {told} |")
    lines += FOOT.splitlines()
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (DOCS / "graphs.md").write_text(page())
    Graph(legend_graph()).save(DOCS / "images" / "graph-legend.svg")
