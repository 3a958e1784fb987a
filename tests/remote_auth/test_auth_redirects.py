"""What goes along when a registry redirects, and what never does."""

import base64
import http.server
import ssl
import threading
from contextlib import contextmanager

import pytest
import requests
import trustme
from support.scripted_server import Answer, error_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials import Credential
from regexplore.remote.origin import Origin
from regexplore.remote.transport import Transport
from regexplore.sandbox.tls import Certificates

ADA = Credential("ada", "canary-secret")
BASIC = "Basic " + base64.b64encode(b"ada:canary-secret").decode()
CONTENT = b"content"
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)
UNAUTHORIZED = error_answer(401, "UNAUTHORIZED", headers=[("WWW-Authenticate", 'Basic realm="r"')])
REDIRECTS = pytest.mark.parametrize("status", [301, 302, 303, 307, 308])


def fetch(host, credentials=lambda host: ADA, **options):
    client = AuthClient(Transport(retries=0), credentials=credentials, **options)
    return rx.Repository(f"{host}/a", client=client).fetch_all(BLOB)


def secrets_in(server):
    """What was sent beyond the ordinary, by each request."""
    names = ("Authorization", "Cookie", "X-Secret", "Proxy-Authorization")
    return [{name for name in names if seen.headers[name]} for seen in server.seen]


@REDIRECTS
def test_auth_18_t12_another_port_after_authentication(status):
    with scripted(lambda seen: Answer(body=CONTENT)) as storage:

        def respond(seen):
            if seen.headers["Authorization"] != BASIC:
                return UNAUTHORIZED
            cookie = ("Set-Cookie", "session=canary; Path=/")
            return Answer(status, headers=[("Location", f"http://{storage.host}/blob"), cookie])

        with scripted(respond) as server:
            assert fetch(server.host, headers={"X-Secret": "canary"}) == CONTENT
            assert secrets_in(server) == [{"X-Secret"}, {"X-Secret", "Authorization"}]
        assert secrets_in(storage) == [set()]


@REDIRECTS
def test_auth_18_t12_the_same_machine_by_another_name(status):
    with scripted(lambda seen: Answer(body=CONTENT)) as storage:
        port = storage.host.rpartition(":")[2]

        def respond(seen):
            if seen.headers["Authorization"] != BASIC:
                return UNAUTHORIZED
            return Answer(status, headers=[("Location", f"http://localhost:{port}/blob")])

        with scripted(respond) as server:
            assert fetch(server.host, headers={"X-Secret": "canary"}) == CONTENT
        assert secrets_in(storage) == [set()]


def test_auth_6_before_authentication_no_credential_is_looked_for():
    asked = []
    with scripted(lambda seen: UNAUTHORIZED) as storage:
        location = f"http://{storage.host}/blob"
        with scripted(lambda seen: Answer(307, headers=[("Location", location)])) as server:
            with pytest.raises(errors.UnauthorizedError):
                fetch(server.host, credentials=asked.append)
    assert asked == []
    assert len(storage.seen) == 1


@REDIRECTS
def test_auth_18_the_same_origin_still_sees_it(status):
    def respond(seen):
        if seen.headers["Authorization"] != BASIC:
            return UNAUTHORIZED
        if seen.target == "/moved":
            return Answer(body=CONTENT)
        return Answer(status, headers=[("Location", "/moved")])

    with scripted(respond) as server:
        assert fetch(server.host) == CONTENT
        assert [seen.headers["Authorization"] for seen in server.seen] == [None, BASIC, BASIC]


def test_auth_18_t12_more_hops_than_allowed():
    with scripted(lambda seen: Answer(307, headers=[("Location", seen.target + "x")])) as server:
        with pytest.raises(errors.RedirectRefusedError, match="more than 5 redirects"):
            fetch(server.host)
        assert len(server.seen) == 6


@pytest.mark.parametrize(
    "location",
    [
        "http://ada:pw@127.0.0.1/x", "file:///etc/passwd", "javascript:alert(1)", "data:,x", "http://[bad/",
        "http://127.0.0.1\\.evil.test/x", "http://a..b/x", "http://127.0.0.1:0/x", "http://127.0.0.1:99999/x",
    ],
)  # fmt: skip
def test_auth_18_t12_t18_places_that_are_not_followed(location):
    with scripted(lambda seen: Answer(307, headers=[("Location", location)])) as server:
        with pytest.raises(errors.RedirectRefusedError) as caught:
            fetch(server.host)
        assert len(server.seen) == 1
        assert "ada:pw" not in str(caught.value)


@pytest.mark.parametrize(
    ("source", "target", "may"),
    [
        ("https://registry.example.com", "http://registry.example.com", False),
        ("https://registry.example.com", "https://cdn.example.net", True),
        ("http://registry.example.com", "https://registry.example.com", True),
        ("https://registry.example.com", "https://169.254.169.254", False),
        ("https://registry.example.com", "https://2130706433", False),
        ("https://registry.example.com", "https://localhost.", False),
        ("https://registry.example.com", "https://[64:ff9b::a9fe:a9fe]", False),
        ("https://registry.example.com", "https://[2606:4700:4700::1111]", True),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001", True),
    ],
)
def test_auth_18_t12_t18_no_way_down_and_no_way_in(source, target, may):
    assert Origin.of(source).may_redirect_to(Origin.of(target)) is may


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://a.example/x", "http://a.example/y?z", True),
        ("http://a.example:5000/", "http://a.example:5001/", False),
        ("https://a.example/", "https://a.example:443/", True),
        ("http://a.example/", "http://a.example:80/", True),
        ("http://a.example/", "https://a.example/", False),
        ("http://A.example/", "http://a.EXAMPLE/", True),
        ("http://a.example/", "http://b.example/", False),
    ],
)
def test_auth_18_t12_origins(one, other, same):
    assert (Origin.of(one) == Origin.of(other)) is same


@contextmanager
def tls_server(certificates, answer):
    """Serve over TLS; notes whether each client showed a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate_path, certificates.key_path)
    context.load_verify_locations(certificates.ca_path)
    context.verify_mode = ssl.CERT_OPTIONAL
    shown = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            shown.append(self.connection.getpeercert(binary_form=True) is not None)
            status, headers, body = answer()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}", shown
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def client_certificate(tmp_path_factory):
    """A certificate for servers and clients alike, and its authority."""
    folder = tmp_path_factory.mktemp("certificate")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    made = Certificates(folder / "ca.pem", folder / "certificate.pem", folder / "certificate.key")
    authority.cert_pem.write_to_path(made.ca_path)
    issued.cert_chain_pems[0].write_to_path(made.certificate_path)
    issued.private_key_pem.write_to_path(made.key_path)
    return made


def test_auth_18_t12_a_clients_certificate_is_shown_to_the_first_origin_alone(client_certificate):
    made = client_certificate
    transport = Transport(
        retries=0, ca_file=made.ca_path, client_cert=(str(made.certificate_path), str(made.key_path))
    )
    with tls_server(made, lambda: (200, {}, CONTENT)) as (storage, shown_to_storage):
        hops = iter([(307, {"Location": "/again"}, b""), (307, {"Location": f"{storage}/blob"}, b"")])
        with tls_server(made, lambda: next(hops)) as (registry, shown_to_registry):
            request = requests.Request("GET", f"{registry}/v2/a/blobs/x").prepare()
            with transport.send(request) as response:
                assert response.raw.read() == CONTENT
    assert shown_to_registry == [True, True]
    assert shown_to_storage == [False]
    transport.close()


def test_auth_18_t18_a_redirect_out_of_tls_is_refused(client_certificate):
    with scripted(lambda seen: Answer(body=CONTENT)) as plain:
        location = {"Location": f"http://{plain.host}/blob"}
        with tls_server(client_certificate, lambda: (307, location, b"")) as (registry, _):
            host = registry.removeprefix("https://")
            client = AuthClient(Transport(retries=0, ca_file=client_certificate.ca_path))
            with pytest.raises(errors.RedirectRefusedError, match="TLS would be given up"):
                rx.Repository(f"{host}/a", client=client, plain_http=False).fetch(BLOB)
        assert plain.seen == []


@pytest.mark.parametrize("location", ["http://[bad/up", "//[bad", "http://127.0.0.1\\.evil.test/up"])
def test_push_4_t15_t18_upload_locations_that_cannot_be_read(location):
    with scripted(lambda seen: Answer(202, headers=[("Location", location)])) as server:
        client = AuthClient(Transport(retries=0))
        with pytest.raises(errors.RedirectRefusedError):
            rx.Repository(f"{server.host}/a", client=client).push(BLOB, CONTENT)
        assert [seen.method for seen in server.seen] == ["POST"]


@REDIRECTS
def test_auth_18_t12_what_was_dropped_does_not_come_back(status):
    """From the registry to another port, on to the same port, and back: only the first hop had it."""
    first = []

    def respond(seen):
        if seen.target == "/back":
            return Answer(body=CONTENT)
        if seen.headers["Authorization"] != BASIC:
            return UNAUTHORIZED
        first.append(seen)
        return Answer(status, headers=[("Location", f"http://{elsewhere.host}/one"), ("Set-Cookie", "a=b")])

    with scripted(respond) as server:
        way = {"/one": "/two", "/two": f"http://{server.host}/back"}
        with scripted(lambda seen: Answer(status, headers=[("Location", way[seen.target])])) as elsewhere:
            assert fetch(server.host, headers={"X-Secret": "canary"}) == CONTENT
            assert secrets_in(elsewhere) == [set(), set()]
        assert len(first) == 1
        assert server.seen[-1].target == "/back"
        assert secrets_in(server)[-1] == set()


@pytest.mark.parametrize("line", ["default", "machine 127.0.0.1", "machine localhost"])
def test_auth_18_t13_netrc_is_not_read(tmp_path, monkeypatch, line):
    (tmp_path / "netrc").write_text(f"{line} login eve password canary-netrc\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with scripted(lambda seen: Answer(body=CONTENT)) as storage:
        with scripted(lambda seen: Answer(307, headers=[("Location", f"http://{storage.host}/x")])) as server:
            assert fetch(server.host) == CONTENT
            assert secrets_in(server) == secrets_in(storage) == [set()]


def test_auth_18_t13_t18_proxies_of_the_environment_are_not_used(monkeypatch):
    with scripted(lambda seen: Answer(body=CONTENT)) as server, scripted({}) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://eve:canary@{proxy.host}")
        assert fetch(server.host) == CONTENT
        assert proxy.seen == []
