"""What urllib3 logs about our requests holds no secret; what it logs about others' stays as it is."""

import logging
import socketserver
import threading
from contextlib import contextmanager

import pytest
import requests
from support.clients import options_for
from support.scripted_server import Answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.remote.library_logs import LOGGERS

SIGNATURE = "canary-signature"
DIGEST = "sha256:" + "a" * 64


def sent_on(answer):
    """A registry that redirects to an address with a signature, and what that address answers."""

    def respond(seen):
        if "sig=" in seen.target:
            return answer
        return Answer(307, headers=[("Location", f"http://{seen.headers['Host']}/store?sig={SIGNATURE}&n=1")])

    return scripted(respond)


@pytest.mark.parametrize("level", [logging.DEBUG, logging.WARNING])
@pytest.mark.parametrize(
    "answer",
    [Answer(200, b"x"), Answer(500), Answer(200, b"", headers=[("no header", "x")]), Answer(200, b"x", length=9, cut=0)],
    ids=["answered", "broken", "odd headers", "cut off"],
)  # fmt: skip
def test_t16_the_address_of_a_redirect_is_in_no_log(caplog, level, answer):
    caplog.set_level(level)
    with sent_on(answer) as server:
        repository = rx.Repository(f"{server.host}/a", options=options_for(server.host, retries=1))
        try:
            repository.blobs.fetch_reference(DIGEST)[1].read()
        except errors.RegexploreError:
            pass
        assert any(SIGNATURE in line for line in server.lines)
    assert SIGNATURE not in caplog.text
    assert level > logging.DEBUG or "sig=***&n=1" in caplog.text


@contextmanager
def hanging_up():
    """A server that ends every connection before an answer."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_t16_a_broken_connection_is_logged_without_its_address(caplog):
    """urllib3 warns of a try that broke, and a warning is on everybody's screen."""
    with hanging_up() as store:
        moved = Answer(307, headers=[("Location", f"http://{store}/store?sig={SIGNATURE}")])
        with scripted(lambda seen: moved) as server:
            repository = rx.Repository(f"{server.host}/a", options=options_for(server.host, retries=1))
            with caplog.at_level(logging.WARNING), pytest.raises(errors.TransportError):
                repository.blobs.fetch_reference(DIGEST)
    assert "Retrying" in caplog.text
    assert SIGNATURE not in caplog.text


def test_logs_of_others_are_not_touched(caplog):
    caplog.set_level(logging.DEBUG)
    with scripted(lambda seen: Answer(200, b"x")) as server:
        requests.get(f"http://{server.host}/a?sig=not-ours", timeout=10)
    assert "sig=not-ours" in caplog.text


def test_each_logger_is_one_that_the_library_has():
    assert {name for name in LOGGERS if name in logging.root.manager.loggerDict} == set(LOGGERS)
