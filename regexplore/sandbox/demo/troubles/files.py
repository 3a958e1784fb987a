"""Files that should not be in an image, or not like this."""

from __future__ import annotations

import gzip
import io
import tarfile

from regexplore.oci import Digest, media_types
from regexplore.sandbox.demo.content import AMD64, base_layer
from regexplore.sandbox.demo.images import push_image
from regexplore.sandbox.demo.layers import EPOCH, Entry, Layer, layer, text
from regexplore.sandbox.demo.shelf import Shelf, encode
from regexplore.sandbox.demo.troubles.parts import Trouble, build


def private_key_in_layer(shelf: Shelf) -> None:
    """A key file in a layer, deleted by a later one, and still there."""
    key = "-----BEGIN EC PRIVATE KEY-----\nnot a real key\n-----END EC PRIVATE KEY-----\n"
    added = layer("COPY id_demo /root/.ssh/id_demo # buildkit", text("root/.ssh/id_demo", key, 0o600))
    removed = layer("RUN rm /root/.ssh/id_demo # buildkit", text("root/.ssh/.wh.id_demo", ""))
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), added, removed]), ["v0.1"])


def dangerous_modes(shelf: Shelf) -> None:
    """A program that runs as its owner, and a directory and a file that everybody may write to."""
    added = layer(
        "COPY tools /usr/local # buildkit",
        Entry("usr/local/bin/helper", b"\x7fELF helper", 0o4755),
        Entry("usr/local/shared", mode=0o777),
        text("usr/local/shared/notes", "write here\n", 0o666),
    )
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), added]), ["v0.1"])


def empty_password(shelf: Shelf) -> None:
    """An account without a password, and two names for one user."""
    added = layer(
        "RUN setup users # buildkit",
        text("etc/passwd", "root:x:0:0::/root:/bin/sh\nguest::0:0::/:/bin/sh\n"),
        text("etc/shadow", "root:*:19000:::::\nguest::19000:::::\n", 0o640),
    )
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), added]), ["v0.1"])


def names_that_lead_out(shelf: Shelf) -> None:
    """A device, a link to the host, and names that climb out of the root."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, kind, link in (
            ("../../etc/cron.d/evil", tarfile.REGTYPE, ""),
            ("dev/sda", tarfile.BLKTYPE, ""),
            ("host", tarfile.LNKTYPE, "../../../etc/shadow"),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mtime = kind, link, EPOCH
            archive.addfile(info)
    evil = Layer(out.getvalue(), "COPY evil.tar / # buildkit")
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), evil]), ["v0.1"])


def end_of_life(shelf: Shelf) -> None:
    """An operating system that gets no more fixes."""
    old = layer(
        "ADD rootfs.tar / # buildkit",
        text("etc/os-release", 'ID=debian\nVERSION_ID="8"\nPRETTY_NAME="Debian GNU/Linux 8 (jessie)"\n'),
    )
    push_image(shelf, AMD64, build(layers=[old]), ["v0.1"])


def dense_layer(shelf: Shelf) -> None:
    """A layer that unpacks to hundreds of times its size."""
    zeros = layer("RUN make zeros # buildkit", Entry("var/zeros", bytes(4 << 20)))
    _with_layer(shelf, zeros, gzip.compress(zeros.tar, mtime=0))


def very_many_layers(shelf: Shelf) -> None:
    """More layers than runtimes can stack."""
    made = [layer(f"RUN step {n} # buildkit", text(f"app/{n}", str(n))) for n in range(130)]
    push_image(shelf, AMD64, build(layers=made), ["v0.1"])


def wasted_bytes(shelf: Shelf) -> None:
    """A large file that the next step writes anew: every pull carries both."""
    before, after = (Entry("var/cache/index", bytes([n]) * (12 << 20)) for n in (1, 2))
    made = [layer("RUN make index # buildkit", before), layer("RUN make index # buildkit", after)]
    push_image(shelf, AMD64, build(layers=[base_layer(AMD64), *made]), ["v0.1"])


def pickled_model(shelf: Shelf) -> None:
    """A model that runs code when it is loaded."""
    weights = shelf.blob(
        "application/vnd.cncf.model.weight.v1.raw",
        b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
        {"org.opencontainers.image.title": "model.pkl"},
    )
    shelf.artifact("application/vnd.cncf.model.manifest.v1+json", [weights], tags=["v0.1"])


def chart_without_provenance(shelf: Shelf) -> None:
    """A Helm chart that nobody vouches for."""
    chart = shelf.blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", b"\x1f\x8b")
    meta = encode({"apiVersion": "v2", "name": "app", "version": "0.1.0"})
    shelf.manifest(shelf.blob("application/vnd.cncf.helm.config.v1+json", meta), [chart], tags=["0.1.0"])


def titles_that_lead_out(shelf: Shelf) -> None:
    """File names of an artifact that climb out of the folder they are pulled to."""
    blobs = [
        shelf.blob("text/plain", name.encode(), {"org.opencontainers.image.title": name})
        for name in ("../../.bashrc", "/etc/passwd", "fine.txt")
    ]
    shelf.artifact("application/x-files", blobs, tags=["v0.1"])


def _with_layer(shelf: Shelf, added: Layer, packed: bytes) -> None:
    """Put an image whose one layer is packed in a way of its own."""
    config = encode(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"User": "app"},
            "rootfs": {"type": "layers", "diff_ids": [str(Digest.of(added.tar))]},
            "history": [{"created_by": added.created_by}],
        }
    )
    shelf.manifest(
        shelf.blob(media_types.OCI_CONFIG, config),
        [shelf.blob(media_types.OCI_LAYER_GZIP, packed)],
        tags=["v0.1"],
    )


FILES = (
    Trouble(private_key_in_layer, ("FS03", "FS04")),
    Trouble(dangerous_modes, ("FS01", "FS02", "FS07", "FS08")),
    Trouble(empty_password, ("FS05",)),
    Trouble(names_that_lead_out, ("FS06",)),
    Trouble(end_of_life, ("BAS06",)),
    Trouble(dense_layer, ("LAY02",)),
    Trouble(very_many_layers, ("LAY03",)),
    Trouble(wasted_bytes, ("LAY01",)),
    Trouble(pickled_model, ("ART01",)),
    Trouble(chart_without_provenance, ("ART02",)),
    Trouble(titles_that_lead_out, ("ART03",)),
)
