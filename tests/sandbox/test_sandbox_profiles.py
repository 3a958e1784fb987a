"""Each profile shows on the wire what it is known for."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import replace

import pytest
from support.registry_wire import MANIFEST, Wire, error_codes, sha

from regexplore.oci import Digest
from regexplore.sandbox import PROFILES, SandboxServer
from regexplore.sandbox.profile import RateLimit

TAGS = ["c", "a", "b", "Z", "latest"]


@contextmanager
def playing(name, **options):
    """Run a profile with one repository of five tags in it; yield server, client and the manifest's digest."""
    with SandboxServer(name, **options) as server:
        config = Digest.of(b"{}")
        server.store.put_blob("demo/app", config, b"{}")
        content = (
            b'{"schemaVersion":2,"mediaType":"%s","config":{"mediaType":"application/vnd.oci.empty.v1+json",'
            b'"digest":"%s","size":2},"layers":[]}' % (MANIFEST.encode(), config.encode())
        )
        digest = server.store.put_manifest("demo/app", MANIFEST, content, tags=TAGS)
        yield server, Wire(server.url), digest


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_says_what_it_is_and_serves_what_it_holds(name):
    profile = PROFILES[name]
    assert profile.name == name
    assert profile.summary
    assert all(profile.sources)
    with playing(name) as (server, wire, digest):
        answer = wire("GET", "demo/app/manifests/latest", headers={"Accept": MANIFEST})
        assert (answer.status_code, sha(answer.content)) == (200, digest)
        assert name in repr(server)


def test_an_unknown_profile_names_the_known_ones():
    with pytest.raises(ValueError, match=r"no profile 'zot'; there are oci, .*artifactory"):
        SandboxServer("zot")


def test_distribution_2_8_neither_sorts_nor_pages_nor_knows_referrers():
    with playing("distribution-2.8") as (_, wire, digest):
        tags = wire.tags("demo/app", "?n=2&last=b")
        assert sorted(tags.json()["tags"]) == sorted(TAGS) != tags.json()["tags"]
        assert "Link" not in tags.headers
        referrers = wire("GET", f"demo/app/referrers/{digest}")
        assert (referrers.status_code, referrers.headers["Content-Type"].split(";")[0]) == (404, "text/plain")
        assert wire("HEAD", "demo/app/manifests/a").status_code == 404
        assert wire("HEAD", "demo/app/manifests/a", headers={"Accept": MANIFEST}).status_code == 200
        assert error_codes(wire("DELETE", "demo/app/manifests/a")) == ["DIGEST_INVALID"]
        assert wire("GET", "_catalog?n=1001").status_code == 400
        wire.push_blob("empty", b"x")
        assert wire.tags("empty").json()["tags"] is None


def test_distribution_2_8_wants_the_whole_location_back():
    with playing("distribution-2.8") as (server, wire, _):
        location = wire.upload("demo/app")
        assert location.startswith(server.url)
        bare = location.partition("?")[0]
        assert error_codes(wire.put(bare, sha(b"x"), b"x")) == ["BLOB_UPLOAD_INVALID"]
        assert wire.put(location, sha(b"x"), b"x").status_code == 201
        assert wire("POST", f"other/blobs/uploads/?mount={sha(b'x')}").status_code == 202
        large = {"a": "x" * (4 << 20)}
        assert wire.push_manifest("demo/app", "large", large).status_code == 400


def test_docker_hub_counts_reads_redirects_blobs_and_lies_about_referrers():
    hub = replace(PROFILES["docker-hub"], rate_limit=RateLimit(2, 21600))
    with playing(hub) as (_, wire, digest):
        assert wire("GET", "_catalog").status_code == 404
        for left in (1, 0):
            got = wire("GET", "demo/app/manifests/a")
            assert got.headers["ratelimit-limit"] == "2;w=21600"
            assert got.headers["ratelimit-remaining"] == f"{left};w=21600"
        spent = wire("GET", "demo/app/manifests/a")
        assert (spent.status_code, error_codes(spent)) == (429, ["TOOMANYREQUESTS"])
        assert int(spent.headers["Retry-After"]) > 0
        assert wire("HEAD", "demo/app/manifests/a").status_code == 200
        subject = {"mediaType": MANIFEST, "digest": digest, "size": 1}
        pushed = wire.push_manifest("demo/app", "sig", wire.image("demo/app", subject=subject))
        assert pushed.headers["OCI-Subject"] == digest
        assert wire("GET", f"demo/app/referrers/{digest}").status_code == 404
        assert wire.tags("library/nothing").status_code == 401


@pytest.mark.parametrize("name", ["docker-hub", "ghcr", "ecr", "acr", "google", "quay", "gitlab"])
def test_redirected_blobs_are_on_another_origin_that_refuses_credentials(name):
    with playing(name) as (server, wire, _):
        path = f"demo/app/blobs/{sha(b'{}')}"
        answer = wire("GET", path)
        assert answer.status_code in (302, 307)
        target = answer.headers["Location"]
        assert not target.startswith(server.url)
        assert wire("GET", target).content == b"{}"
        both = wire("GET", target, headers={"Authorization": "Bearer x"})
        assert (both.status_code, both.headers["Content-Type"]) == (400, "application/xml")
        assert wire("GET", target.partition("?")[0]).status_code == 403
        assert wire("HEAD", path).status_code == 200
        part = wire("GET", target, headers={"Range": "bytes=1-"})
        assert (part.status_code, part.content) == (206, b"}")


def test_ghcr_orders_by_push_and_refuses_large_chunks():
    with playing("ghcr") as (_, wire, digest):
        assert wire.tags("demo/app").json()["tags"] == TAGS
        first = wire.tags("demo/app", "?n=2")
        assert first.json()["tags"] == TAGS[:2]
        assert wire("GET", first.links["next"]["url"]).json()["tags"] == TAGS[2:4]
        chunk = wire("PATCH", wire.upload("demo/app"), data=b"x" * (4 << 20))
        assert chunk.status_code == 202
        chunk = wire("PATCH", wire.upload("demo/app"), data=b"x" * ((4 << 20) + 1))
        assert (chunk.status_code, error_codes(chunk)) == (416, ["REQUESTED_RANGE_NOT_SATISFIABLE"])
        away = wire("GET", f"demo/app/referrers/{digest}")
        assert away.status_code == 303
        page = wire("GET", away.headers["Location"])
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (429, "text/html")
        assert wire("DELETE", f"demo/app/manifests/{digest}").status_code == 405


def test_ecr_has_opaque_cursors_and_wants_repositories_made():
    with playing("ecr") as (server, wire, digest):
        first = wire.tags("demo/app", "?n=3")
        assert first.headers["Content-Type"].startswith("text/plain")
        link = first.links["next"]["url"]
        assert link.startswith(server.url)
        rest = wire("GET", link).json()["tags"]
        assert sorted(first.json()["tags"] + rest) == sorted(TAGS)
        assert wire.tags("demo/app", "?last=a").status_code == 405
        assert wire.tags("demo/app", "?n=1001").status_code == 405
        assert "Docker-Content-Digest" not in wire("HEAD", "demo/app/manifests/a").headers
        assert wire("PATCH", wire.upload("demo/app"), data=b"x").status_code == 201
        assert error_codes(wire("POST", "new/blobs/uploads/")) == ["NAME_UNKNOWN"]
        tree = {"artifactType": "a/b", "subject": {"digest": digest}}
        assert error_codes(wire.push_manifest("demo/app", "x", tree)) == ["UNSUPPORTED"]


def test_acr_cuts_n_silently():
    with playing("acr") as (server, wire, _):
        content = server.store.manifest("demo/app", "a").content
        server.store.put_manifest("demo/many", MANIFEST, content, tags=[f"t{i:04}" for i in range(1200)])
        page = wire.tags("demo/many", "?n=5000")
        assert (page.status_code, len(page.json()["tags"])) == (200, 1000)
        assert page.links["next"]["url"].startswith("/v2/")
        assert len(wire.tags("demo/many").json()["tags"]) == 100


def test_google_adds_maps_and_answers_referrers_with_a_page():
    with playing("google") as (_, wire, digest):
        body = wire.tags("demo/app", "?n=1").json()
        assert sorted(body["tags"]) == sorted(TAGS)
        assert body["child"] == []
        assert sorted(body["manifest"][digest]["tag"]) == sorted(TAGS)
        page = wire("GET", f"demo/app/referrers/{digest}")
        assert (page.status_code, page.headers["Content-Type"].split(";")[0]) == (200, "text/html")


def test_quay_caps_pages_and_refuses_unknown_subjects():
    with playing("quay") as (_, wire, _digest):
        assert wire("GET", "/v2/").text == "true"
        assert wire.tags("demo/app", "?n=abc").status_code == 200
        refused = wire("GET", f"demo/app/referrers/{sha(b'unknown')}")
        assert (refused.status_code, error_codes(refused)) == (400, ["MANIFEST_INVALID"])
        wire.push_image("demo/b", "v1")
        first = wire("GET", "_catalog?n=1")
        assert first.json()["repositories"] == ["demo/app"]
        assert wire("GET", first.links["next"]["url"]).json()["repositories"] == ["demo/b"]
        assert wire("GET", "_catalog?last=demo/app").status_code == 405


def test_harbor_pages_referrers_by_ten_and_does_not_filter():
    with playing("harbor") as (_, wire, digest):
        subject = {"mediaType": MANIFEST, "digest": digest, "size": 1}
        tree = wire.image("demo/app", subject=subject)
        for n in range(12):
            pushed = wire.push_manifest("demo/app", "", {**tree, "annotations": {"n": str(n)}})
            assert pushed.status_code == 201
        first = wire("GET", f"demo/app/referrers/{digest}?artifactType=no/such")
        assert "OCI-Filters-Applied" not in first.headers
        rest = wire("GET", first.links["next"]["url"])
        seen = [entry["annotations"]["n"] for page in (first, rest) for entry in page.json()["manifests"]]
        assert seen == [str(n) for n in range(12)]
        assert wire("DELETE", "demo/app/manifests/a").status_code == 405
        assert error_codes(wire("GET", "demo/app/manifests/nothing")) == ["UNKNOWN"]


def test_gitlab_takes_a_referrers_tag_for_the_digest():
    with playing("gitlab") as (_, wire, digest):
        forged = wire("GET", f"demo/app/manifests/{digest.replace(':', '-')}")
        assert (forged.status_code, forged.headers["Docker-Content-Digest"]) == (200, digest)
        assert wire("GET", f"demo/app/referrers/{digest}").status_code == 404


def test_artifactory_denies_what_is_missing_and_leaks_its_inner_path():
    with playing("artifactory") as (_, wire, _digest):
        refused = wire("GET", "demo/app/manifests/nothing")
        assert (refused.status_code, error_codes(refused)) == (403, ["DENIED"])
        first = wire.tags("demo/app", "?n=2")
        link = first.links["next"]["url"]
        assert link.startswith("/artifactory/")
        assert "last=2" in link
        assert wire.tags("demo/app", "?n=2&last=2").json()["tags"] == sorted(TAGS)[2:4]


BASIC = {"Authorization": "Basic " + base64.b64encode(b"demo:demo").decode()}


def test_token_forms_of_the_profiles():
    expected = {
        "oci": ({"token", "access_token", "expires_in", "issued_at"}, None),
        "acr": ({"access_token"}, 400),
        "google": ({"token", "access_token", "expires_in", "issued_at"}, 404),
        "quay": ({"token"}, 405),
        "gitlab": ({"token"}, 405),
        "artifactory": ({"token", "access_token", "expires_in", "issued_at"}, 401),
    }
    for name, (fields, post) in expected.items():
        with playing(name, auth="token") as (server, wire, _):
            challenge = wire("GET", "/v2/").headers["WWW-Authenticate"]
            realm = challenge.split('realm="')[1].split('"')[0]
            assert realm.endswith(server.profile.tokens.path)
            answer = wire("GET", f"{realm}?service=x&scope=repository:demo/app:pull", headers=BASIC)
            assert (name, set(answer.json())) == (name, fields)
            if post is not None:
                assert (name, wire("POST", realm, data={"grant_type": "password"}).status_code) == (
                    name,
                    post,
                )


def test_ghcr_challenges_with_a_scope_that_must_not_be_asked_for():
    with playing("ghcr", auth="token") as (_, wire, _digest):
        challenge = wire("GET", "/v2/").headers["WWW-Authenticate"]
        assert 'scope="repository:user/image:pull"' in challenge
        realm = challenge.split('realm="')[1].split('"')[0]
        real = "scope=repository:demo/app:pull"
        both = wire("GET", f"{realm}?{real}&scope=repository:user/image:pull", headers=BASIC)
        assert (both.status_code, error_codes(both)) == (403, ["DENIED"])
        assert wire("GET", f"{realm}?{real}", headers=BASIC).status_code == 200


def test_google_challenges_at_the_ping_only():
    with playing("google", auth="token") as (_, wire, _digest):
        assert "WWW-Authenticate" in wire("GET", "/v2/").headers
        refused = wire.tags("demo/app")
        assert (refused.status_code, "WWW-Authenticate" in refused.headers) == (401, False)


def test_quay_deletes_with_a_star():
    with playing("quay", auth="token") as (_, wire, digest):
        challenge = wire("DELETE", f"demo/app/manifests/{digest}").headers["WWW-Authenticate"]
        assert 'scope="repository:demo/app:*"' in challenge
        realm = challenge.split('realm="')[1].split('"')[0]
        for action, status in (("delete", 401), ("*", 202)):
            token = wire("GET", f"{realm}?scope=repository:demo/app:{action}", headers=BASIC).json()["token"]
            bearer = {"Authorization": f"Bearer {token}"}
            deleted = wire("DELETE", f"demo/app/manifests/{digest}", headers=bearer)
            assert (action, deleted.status_code) == (action, status)
