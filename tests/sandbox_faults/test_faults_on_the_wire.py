"""Each fault, as it is on the wire."""

import http.client
import json
import time

import pytest

from regexplore.oci import Digest, media_types
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault, FaultPlan, Rule
from regexplore.sandbox.faults.fault import HOSTILE, KINDS

MANIFEST = json.dumps(
    {"schemaVersion": 2, "mediaType": media_types.OCI_INDEX, "manifests": [], "annotations": {"a": "b" * 400}}
).encode()
TAGS = "/v2/demo/app/tags/list"
TAGGED = "/v2/demo/app/manifests/v1"


@pytest.fixture
def server():
    with SandboxServer() as running:
        running.store.put_manifest("demo/app", media_types.OCI_INDEX, MANIFEST, tags=["v1"])
        other = MANIFEST.replace(b"bbb", b"ccc")
        running.store.put_manifest("demo/app", media_types.OCI_INDEX, other, tags=["v2"])
        yield running


def ask(server, path=TAGGED, method="GET", timeout=5):
    connection = http.client.HTTPConnection(server.host, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_without_rules_nothing_goes_wrong(server):
    assert ask(server)[2] == MANIFEST
    assert repr(server.faults) == "<FaultPlan: nothing goes wrong>"


def test_delay(server):
    server.faults.add(Fault.delay(0.2))
    started = time.monotonic()
    assert ask(server)[2] == MANIFEST
    assert time.monotonic() - started >= 0.2


def test_drip(server):
    server.faults.add(Fault.drip(0.001, size=50))
    assert ask(server)[2] == MANIFEST


def test_cut(server):
    server.faults.add(Fault.cut(10))
    with pytest.raises(http.client.IncompleteRead) as caught:
        ask(server)
    assert caught.value.partial == MANIFEST[:10]


def test_reset(server):
    server.faults.add(Fault.reset())
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        ask(server)


def test_status_with_errors_and_retry_after(server):
    server.faults.add(Fault.status(429, retry_after=7, errors=["TOOMANYREQUESTS"]))
    status, headers, body = ask(server)
    assert (status, headers["retry-after"]) == (429, "7")
    assert json.loads(body)["errors"][0]["code"] == "TOOMANYREQUESTS"


def test_redirect(server):
    server.faults.add(Fault.redirect("http://127.0.0.1:1/elsewhere"))
    status, headers, _ = ask(server)
    assert (status, headers["location"]) == (307, "http://127.0.0.1:1/elsewhere")


def test_html(server):
    server.faults.add(Fault.html())
    status, headers, body = ask(server)
    assert (status, headers["content-type"][:9]) == (200, "text/html")
    assert b"<form" in body


def test_endless_body(server):
    server.faults.add(Fault.endless_body())
    connection = http.client.HTTPConnection(server.host, timeout=5)
    connection.request("GET", TAGGED)
    assert len(connection.getresponse().read(3_000_000)) == 3_000_000
    connection.close()


def test_looping_and_endless_pages(server):
    rule = server.faults.add(Fault.looping_pages())
    assert ask(server, TAGS + "?n=1")[1]["link"] == f'<{TAGS}?n=1>; rel="next"'
    server.faults.remove(rule)
    server.faults.add(Fault.endless_pages())
    assert ask(server, TAGS)[1]["link"] != ask(server, TAGS)[1]["link"]


def test_moving_tag(server):
    server.faults.add(Fault.moving_tag("v2"), path="*/manifests/v1", skip=1)
    first, second = ask(server), ask(server)
    assert first[2] == MANIFEST
    assert second[1]["docker-content-digest"] == Digest.of(second[2]) != Digest.of(MANIFEST)


def test_wrong_bytes(server):
    server.faults.add(Fault.wrong_bytes())
    _, headers, body = ask(server)
    assert len(body) == len(MANIFEST)
    assert headers["docker-content-digest"] == Digest.of(MANIFEST) != Digest.of(body)


@pytest.mark.parametrize("by", [-5, 5])
def test_wrong_length(server, by):
    server.faults.add(Fault.wrong_length(by))
    if by > 0:
        with pytest.raises(http.client.IncompleteRead):
            ask(server)
    else:
        assert ask(server)[2] == MANIFEST[:by]


def test_wrong_length_on_head(server):
    server.faults.add(Fault.wrong_length(5))
    assert int(ask(server, method="HEAD")[1]["content-length"]) == len(MANIFEST) + 5


def test_wrong_digest(server):
    server.faults.add(Fault.wrong_digest())
    _, headers, body = ask(server)
    assert headers["docker-content-digest"] != Digest.of(body)


def test_wrong_media_type(server):
    server.faults.add(Fault.wrong_media_type("text/plain"))
    assert ask(server)[1]["content-type"] == "text/plain"


def test_truncated_json(server):
    server.faults.add(Fault.truncated_json())
    body = ask(server)[2]
    assert body == MANIFEST[: len(MANIFEST) // 2]


def test_hostile_strings(server):
    server.faults.add(Fault.hostile_strings())
    assert set(HOSTILE) <= set(json.loads(ask(server, TAGS)[2])["tags"])
    assert json.loads(ask(server, "/v2/demo/app/manifests/nope")[2])["errors"][0]["message"] in HOSTILE


def test_headers(server):
    server.faults.add(Fault.warning('say "no"'))
    server.faults.add(Fault.missing_header("Docker-Content-Digest"))
    server.faults.add(Fault.header("X-Odd", "yes"))
    headers = ask(server)[1]
    assert headers["warning"] == '299 - "say \\"no\\""'
    assert "docker-content-digest" not in headers
    assert headers["x-odd"] == "yes"


def test_rules_pick_requests(server):
    rule = server.faults.add(Fault.status(503), method="GET", path="/v2/*/tags/*", skip=1, times=2)
    assert [ask(server, TAGS)[0] for _ in range(5)] == [200, 503, 503, 200, 200]
    assert rule.met == 2
    assert ask(server)[0] == 200
    server.faults.clear()
    assert server.faults.rules == ()


def test_probability_is_the_same_on_every_run():
    def met():
        rule = Rule(Fault.reset(), probability=0.3, seed=7)
        return [rule.takes("GET", "/") for _ in range(50)]

    assert met() == met()
    assert 5 < sum(met()) < 25


def test_plans_are_data():
    data = [
        {"fault": {"kind": "status", "status": 500}, "path": "/v2/*", "times": 1},
        {"fault": {"kind": "reset"}},
    ]
    plan = FaultPlan.from_data(json.loads(json.dumps(data)))
    assert [str(rule) for rule in plan.rules] == ["status on * /v2/*", "reset on * *"]
    for broken in (
        [{"fault": {"kind": "explode"}}],
        [{"path": "/"}],
        [{"fault": {"kind": "delay"}}],
        [{"fault": {"kind": "reset"}, "odd": 1}],
    ):
        with pytest.raises(ValueError, match=r"fault|rule"):
            FaultPlan.from_data(broken)


def test_every_kind_can_be_made_and_acted_on():
    from regexplore.sandbox.faults.acts import ACTS

    assert set(KINDS) == set(ACTS)
    assert all(callable(getattr(Fault, kind)) for kind in KINDS)


@pytest.mark.parametrize(
    "fault",
    [
        Fault.cut(),
        Fault.reset(),
        Fault.wrong_length(5),
        Fault.endless_body(),
        Fault.drip(0.05),
        Fault.delay(5),
        Fault.html(),
    ],
    ids=lambda fault: fault.kind,
)
def test_the_server_does_not_complain_of_faults_that_were_asked_for(server, caplog, fault):
    server.faults.add(fault)
    connection = http.client.HTTPConnection(server.host, timeout=0.2)
    connection.request("GET", TAGGED)
    try:
        connection.getresponse().read(10)
    except (OSError, http.client.HTTPException):
        pass
    connection.close()
    server.stop()
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []
