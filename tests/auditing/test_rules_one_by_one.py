"""Rules, each on the smallest thing that makes it answer one way or the other."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from support.audited import LAYER, NAME, answer, answers, audited, config, document, files, manifest

from regexplore.auditing.bases_by_layers import find_bases_by_layers
from regexplore.auditing.policy import Policy
from regexplore.auditing.subjects import AuditedRegistry, AuditedRepository, SpeakingTag
from regexplore.errors import SizeExceedsLimitError
from regexplore.evidence.looks import NONE, Look
from regexplore.evidence.piece import REFERRERS_API
from regexplore.image.packages import OsRelease
from regexplore.oci import Descriptor, Digest, media_types

NOW = Policy(now=datetime(2026, 3, 1, tzinfo=UTC))
KEY = b"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n"


def image(view=None, **fields):  # type: ignore[no-untyped-def]
    return audited(manifest(), config=config(**fields), files=view)


@pytest.mark.parametrize(
    ("reason", "rule", "severity"),
    [
        ("MismatchedDigestError: asked for one, got another", "MAN02", "critical"),
        ("SizeExceedsLimitError: 9 MiB", "MAN12", "high"),
    ],
)
def test_a_reference_that_is_refused_for_its_bytes_is_a_finding(
    rule: str, reason: str, severity: str
) -> None:
    repository = AuditedRepository(NAME, errors={"v1": reason})
    assert answers(rule, repository) == [("fail", severity, reason)]
    assert answers("MAN05", repository)[0][0] == "unknown"


def test_man09_a_history_of_other_length_is_milder() -> None:
    two = {"diff_ids": [str(Digest.of(b"a"))]}
    right = image(rootfs=two, history=[{"created_by": "x"}])
    squashed = image(rootfs=two, history=[{"created_by": "x"}, {"created_by": "y"}])
    wrong = image(rootfs={"diff_ids": []})
    assert answers("MAN09", right)[0][:2] == ("pass", "high")
    assert answers("MAN09", squashed)[0][:2] == ("fail", "low")
    assert answers("MAN09", wrong)[0][:2] == ("fail", "high")


@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        ("/etc/ssl/private/server.pem", KEY, "fail"),
        ("/etc/ssl/certs/root.pem", b"-----BEGIN CERTIFICATE-----\n", "pass"),
        ("/root/.npmrc", b"//registry.example/:_authToken=abc", "fail"),
        ("/root/.npmrc", b"fund=false", "pass"),
        ("/root/.pypirc", b"[x]\npassword = y", "fail"),
        ("/root/.ssh/id_work", b"", "fail"),
        ("/root/.ssh/id_rsa.pub", b"", "pass"),
        ("/app/id_map", b"", "pass"),
        ("/root/.aws/credentials", b"", "fail"),
        ("/root/.docker/config.json", b"", "fail"),
        ("/root/.kube/config", b"", "fail"),
        ("/app/.env", b"", "fail"),
        ("/root/.git-credentials", b"", "fail"),
    ],
)
def test_fs03_names_and_what_files_hold(path: str, content: bytes, status: str) -> None:
    found = answers("FS03", image(files((path, 0o600, content))))
    assert [one[0] for one in found] == [status]
    assert "abc" not in found[0][2]


def test_fs05_a_name_twice() -> None:
    passwd = b"root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\napp:x:1001:1001::/:/bin/sh\n"
    [(status, _, message)] = answers("FS05", image(files(("/etc/passwd", 0o644, passwd))))
    assert (status, message) == ("fail", "the user app is there twice")


def test_fs08_by_the_lists_of_packages_where_there_are_any() -> None:
    programs = (("/usr/bin/ls", 0o755, b""), ("/usr/bin/tool", 0o755, b""))
    known = {"databases": ("/var/lib/dpkg/status",)}
    owned = files(*programs, owned=frozenset({"/usr/bin/ls"}), **known)
    [(status, _, message)] = answers("FS08", image(owned))
    assert status == "fail"
    assert message == "1 executables that no package owns: /usr/bin/tool"
    assert answer("FS08", image(files(*programs, **known))) == "pass", "no lists: only folders of one's own"
    assert answer("FS08", image(files(*programs))) == "n.a.", "no package manager"


def test_cfg09_lists_that_were_left() -> None:
    lists = "/var/lib/apt/lists/deb.example_dists_stable_main_Packages"
    assert answer("CFG09", image(files((lists, 0o644, b"Package: x")))) == "fail"
    assert answer("CFG09", image(files(("/var/lib/apt/lists/lock", 0o644, b"")))) == "pass"


def test_lay02_a_layer_that_was_given_up() -> None:
    bomb = files(error=SizeExceedsLimitError("the layer unpacks to more than 64 bytes"))
    assert answer("LAY02", image(bomb)) == "fail"


@pytest.mark.parametrize(
    ("created", "status"),
    [
        ("2026-01-02T03:04:05Z", "pass"),
        ("2026-01-02T03:04:05.678Z", "fail"),
        ("2099-01-01T00:00:00Z", "fail"),
        ("1970-01-01T00:00:00Z", "pass"),
    ],
)
def test_lay04_clocks(created: str, status: str) -> None:
    assert answer("LAY04", image(created=created), NOW) == status


def test_lay04_files_that_are_younger_than_the_image() -> None:
    view = files(("/app", 0o755, b""))
    view.system.layers[0].mtimes[0] = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
    assert answer("LAY04", image(view, created="2026-01-01T00:00:00Z"), NOW) == "fail"
    assert answer("LAY04", image(view, created="2026-02-01T00:00:00Z"), NOW) == "pass"


def model(title: str, head: bytes | None):  # type: ignore[no-untyped-def]
    weights = Descriptor(
        "application/octet-stream", Digest.of(b"w"), 1, annotations={"org.opencontainers.image.title": title}
    )
    kind = "application/vnd.cncf.model.manifest.v1+json"
    empty = Descriptor.from_bytes(media_types.OCI_EMPTY, b"{}")
    parts = {} if head is None else {weights.digest: head}
    return audited(manifest(empty, [weights], artifactType=kind), parts=parts)


@pytest.mark.parametrize(
    ("title", "head", "status"),
    [
        ("model.pkl", None, "fail"),
        ("model.pt", None, "unknown"),
        ("model.pt", b"\x80\x02}q", "fail"),
        ("model.bin", b"PK\x03\x04" + bytes(26) + b"archive/data.pkl", "fail"),
        ("model.bin", b"GGUF\x03\0\0\0", "pass"),
        ("model.safetensors", None, "pass"),
    ],
)
def test_art01_by_name_and_by_beginning(title: str, head: bytes | None, status: str) -> None:
    assert answer("ART01", model(title, head)) == status


def chart(provenance: bytes | None):  # type: ignore[no-untyped-def]
    content = Descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", Digest.of(b"chart"), 5)
    file = Descriptor("application/vnd.cncf.helm.chart.provenance.v1.prov", Digest.of(b"prov"), 4)
    helm = Descriptor("application/vnd.cncf.helm.config.v1+json", Digest.of(b"c"), 1)
    parts = {} if provenance is None else {file.digest: provenance}
    return audited(manifest(helm, [content, file]), evidence_read=True, parts=parts)


def provenance(digest: str) -> bytes:
    words = f"name: app\nversion: 1.0.0\n\n...\nfiles:\n  app-1.0.0.tgz: {digest}\n"
    return (
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{words}"
        "-----BEGIN PGP SIGNATURE-----\n\nxxxx\n-----END PGP SIGNATURE-----\n"
    ).encode()


def test_art02_a_provenance_file_must_be_about_the_chart() -> None:
    assert answer("ART02", chart(provenance(str(Digest.of(b"chart"))))) == "pass"
    assert answers("ART02", chart(provenance(str(Digest.of(b"another")))))[0][:2] == ("fail", "high")
    assert answer("ART02", chart(b"files: none")) == "fail"
    assert answer("ART02", chart(None)) == "unknown"


def test_str01_looks_at_everything_that_was_listed() -> None:
    evil = {"note": "<script>alert(1)</script>"}
    in_layer = audited(manifest(layers=[replace(LAYER, annotations=evil)]), config=config())
    in_environment = image(config={"Env": ["X=\x1b[2J"]})
    hebrew = audited(manifest(annotations={"title": "\u202bשלום\u202c"}), config=config())
    latin = audited(manifest(annotations={"title": "\u202egnp.exe"}), config=config())
    assert answer("STR01", in_layer) == "fail"
    assert answer("STR01", in_environment) == "fail"
    assert answers("STR01", hebrew)[0][:2] == ("fail", "low")
    assert answers("STR01", latin)[0][:2] == ("fail", "medium")
    assert answer("STR01", image()) == "pass"


def test_bas01_by_the_layers_of_another_image_of_the_audit() -> None:
    ids = [str(Digest.of(name)) for name in (b"a", b"b", b"c")]
    base, other, built, grand = (
        audited(
            manifest(annotations={"n": str(n)}),
            config=config(rootfs={"diff_ids": chosen}),
            evidence_read=True,
        )
        for n, chosen in enumerate((ids[:1], ids[1:], ids[:2], ids))
    )
    find_bases_by_layers([base, other, built, grand])
    assert [one.bases[0].digest if one.bases else None for one in (base, other, built, grand)] == [
        None,
        None,
        str(base.digest),
        str(built.digest),
    ]
    assert (answer("BAS01", base), answer("BAS01", built)) == ("fail", "pass")
    assert (answer("BAS02", built), answer("BAS03", built), answer("BAS04", built)) == ("pass",) * 3


def test_bas06_by_os_release_else_by_an_sbom() -> None:
    from support.checked import sbom_evidence

    policy = replace(NOW, end_of_life={"debian-11": date(2026, 2, 1), "debian-13": date(2030, 1, 1)})
    by_files = image(files(os=OsRelease("debian", "11", "Debian 11")))
    assert answer("BAS06", replace(by_files, evidence_read=True), policy) == "fail"
    for version, status in (("11", "fail"), ("13", "pass"), ("99", "unknown")):
        what = image()
        found = sbom_evidence(what.document, f"pkg:deb/debian/bash@5?distro=debian-{version}")
        known = replace(what, evidence=(found,), evidence_read=True)
        assert answer("BAS06", known, policy) == status
    assert answer("BAS06", replace(image(), evidence_read=True), policy) == "unknown"


def test_sbm04_relationships() -> None:
    from support.checked import sbom_evidence

    what = image()
    found = sbom_evidence(what.document, "pkg:deb/debian/a@1", "pkg:deb/debian/b@1")
    assert "relationships" in answers("SBM04", replace(what, evidence=(found,), evidence_read=True))[0][2]


def test_tag06_an_api_that_lists_nothing_disagrees_with_the_tag() -> None:
    what = audited(manifest(), evidence_read=True)
    what.looks = (Look(what.digest, "", REFERRERS_API, NONE),)
    listed = str(Digest.of(b"referrer"))
    tag = SpeakingTag("sha256-x", str(what.digest), "", True, listed=(listed,))
    repository = AuditedRepository(NAME, {"v1": str(what.digest)}, speaking=(tag,), manifests=[what])
    assert answer("TAG06", repository) == "fail"
    what.looks = ()
    assert answer("TAG06", repository) == "pass", "no API: nothing to disagree with"


def test_the_registry_itself() -> None:
    https = AuditedRegistry("r.example", "https", anonymous=False, channels=frozenset({"API"}))
    assert answer("REG01", https) == "pass"
    assert answer("REG01", replace(https, scheme="http")) == "fail"
    assert answer("REG01", replace(https, scheme="http", loopback=True)) == "pass"
    assert answer("REG01", replace(https, refused_realm="RealmRefusedError: http")) == "fail"
    assert (answer("REG02", https), answer("REG02", replace(https, anonymous=True))) == ("pass", "fail")
    assert answer("REG03", https) == "pass"
    assert answer("REG03", replace(https, filters=False)) == "fail"
    assert answer("REG03", replace(https, channels=frozenset({"referrers tag"}))) == "fail"
    for rule in ("REG01", "REG02", "REG03"):
        assert answer(rule, AuditedRegistry("a layout")) == "n.a."


def test_vex02_is_for_information() -> None:
    from regexplore.auditing.catalogue import RULES

    assert RULES["VEX02"].severity == "info"


def test_an_index_is_not_asked_what_images_are_asked() -> None:
    index = audited(document({"manifests": []}, media_types.OCI_INDEX))
    assert answers("CFG01", index) == []
