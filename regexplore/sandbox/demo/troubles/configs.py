"""Configs and annotations that give something away, or promise what is not so."""

from __future__ import annotations

from regexplore.sandbox.demo.content import AMD64, application_layer, base_layer
from regexplore.sandbox.demo.images import BASE_DIGEST, BASE_NAME, push_image
from regexplore.sandbox.demo.layers import Layer, layer, text
from regexplore.sandbox.demo.shelf import Shelf
from regexplore.sandbox.demo.troubles.parts import NOBODY, RUN, Trouble, build


def root_user(shelf: Shelf) -> None:
    """An image that runs as root."""
    push_image(shelf, AMD64, build(run={"Cmd": ["/app/start.sh"]}), ["v0.1"])


def secret_in_environment(shelf: Shelf) -> None:
    """A password in the environment of the config, for everybody to read."""
    run = {**RUN, "Env": ["DATABASE_PASSWORD=correct-horse", "PATH=/usr/bin"]}
    push_image(shelf, AMD64, build(run=run), ["v0.1"])


def made_in_the_future(shelf: Shelf) -> None:
    """A creation time that has not come yet."""
    push_image(shelf, AMD64, build(created="2099-01-01T00:00:00Z"), ["v0.1"])


def stale_base(shelf: Shelf) -> None:
    """A base image by a digest that the base's tag no longer names."""
    annotations = {BASE_NAME: "demo/base:12", BASE_DIGEST: str(NOBODY)}
    push_image(shelf, AMD64, build(annotations=annotations), ["v0.1"])


def hostile_strings(shelf: Shelf) -> None:
    """Annotations that try to break out of HTML, DOT, Mermaid and terminals."""
    annotations = {
        "org.opencontainers.image.title": '<img src=x onerror="window.__pwn=1">',
        "org.opencontainers.image.description": 'a"]; click n1 href "javascript:alert(1)"',
        "org.opencontainers.image.url": "javascript:window.__pwn=1",
        "org.opencontainers.image.vendor": "\x1b[31mred\x1b[0m \u202eevil",
        "formula": "=cmd|' /C calc'!A0",
    }
    push_image(shelf, AMD64, build(annotations=annotations), ["v0.1"])


def secret_in_history(shelf: Shelf) -> None:
    """A build argument with a token, kept in the history."""
    step = Layer(
        application_layer("v0.1").tar, "RUN |1 API_TOKEN=demo-token-123456 /bin/sh -c make # buildkit"
    )
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), step]), ["v0.1"])


def open_doors(shelf: Shelf) -> None:
    """SSH exposed, a low port, /etc as a volume, no health check, a shell as entry point, a preloaded library."""
    run = {
        "User": "app",
        "Entrypoint": ["/bin/sh", "-c", "/app/start.sh"],
        "Env": ["LD_PRELOAD=/tmp/x.so", "NODE_TLS_REJECT_UNAUTHORIZED=0", "PATH=/usr/bin"],
        "ExposedPorts": {"22/tcp": {}, "80/tcp": {}},
        "Volumes": {"/etc": {}},
        "WorkingDir": "/usr",
        "Healthcheck": {"Test": ["NONE"]},
    }
    push_image(shelf, AMD64, build(run=run), ["v0.1"])


def careless_steps(shelf: Shelf) -> None:
    """ADD where COPY would do, an update alone, a dist-upgrade, sudo, and a script from the network into a shell."""
    steps = (
        "ADD app.tar /app # buildkit",
        "RUN /bin/sh -c apt-get update # buildkit",
        "RUN /bin/sh -c apt-get dist-upgrade -y # buildkit",
        "RUN /bin/sh -c sudo make install # buildkit",
        "RUN /bin/sh -c curl https://get.demo.example | sh # buildkit",
    )
    made = [layer(step, text(f"app/step-{n}", step)) for n, step in enumerate(steps)]
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), *made]), ["v0.1"])


def only_latest(shelf: Shelf) -> None:
    """An image that can only be asked for by a tag that moves."""
    push_image(shelf, AMD64, build(), ["latest"])


def another_version(shelf: Shelf) -> None:
    """A version label that is not the version of the tag."""
    run = {**RUN, "Labels": {"org.opencontainers.image.version": "v0.9"}}
    push_image(shelf, AMD64, build(run=run), ["v1.0.0"])


def false_base(shelf: Shelf) -> None:
    """A claim to be built on a base whose layers the image does not have."""
    base = push_image(shelf, AMD64, build(layers=[application_layer("another")]), ["base"])
    annotations = {BASE_NAME: f"{shelf.repository}:base", BASE_DIGEST: str(base.digest)}
    push_image(shelf, AMD64, build(annotations=annotations), ["v0.1"])


def base_from_elsewhere(shelf: Shelf) -> None:
    """A base image from a registry that nobody knows."""
    annotations = {BASE_NAME: "registry.unknown.example/base:1", BASE_DIGEST: str(NOBODY)}
    push_image(shelf, AMD64, build(annotations=annotations), ["v0.1"])


def very_old(shelf: Shelf) -> None:
    """An image that was built years ago."""
    push_image(shelf, AMD64, build(created="2019-03-01T00:00:00Z"), ["v0.1"])


CONFIGS = (
    Trouble(root_user, ("CFG01",)),
    Trouble(secret_in_environment, ("CFG03",)),
    Trouble(made_in_the_future, ("LAY04",)),
    Trouble(stale_base, ("BAS02",)),
    Trouble(hostile_strings, ("STR01",)),
    Trouble(secret_in_history, ("CFG04",)),
    Trouble(open_doors, ("CFG02", "CFG05", "CFG06", "CFG07", "CFG12", "CFG13")),
    Trouble(careless_steps, ("CFG08", "CFG09", "CFG10", "CFG11")),
    Trouble(only_latest, ("TAG01",)),
    Trouble(another_version, ("TAG03",)),
    Trouble(false_base, ("BAS01", "BAS03")),
    Trouble(base_from_elsewhere, ("BAS04",)),
    Trouble(very_old, ("BAS05",)),
)
