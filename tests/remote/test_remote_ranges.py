"""Large blobs in ranges: side by side where that gains something, one stream where not, and never other bytes."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Callable

import pytest
from support.clients import options_for, repository
from support.left_over import LeftOver, awaited, threads
from support.scripted_server import Answer, Seen, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, media_types
from regexplore.remote import blob_ranges, parallel_ranges
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.repository import RemoteRepository
from regexplore.sandbox import SandboxServer
from regexplore.sandbox.faults import Fault

WINDOW = 20_000
CONTENT = os.urandom(15 * WINDOW + 1234)
BLOB = Descriptor.from_bytes(media_types.OCI_LAYER_TAR, CONTENT)
PATH = f"*/blobs/{BLOB.digest}"


@pytest.fixture(autouse=True)
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows of a size that tests can fill, and no line that is fast enough for one stream."""
    for module in (parallel_ranges, blob_ranges):
        monkeypatch.setattr(module, "WINDOW", WINDOW)
    monkeypatch.setattr(blob_ranges, "PARALLEL_FROM", 5 * WINDOW)
    monkeypatch.setattr(parallel_ranges, "FAST", float("inf"))


@pytest.fixture
def repo(sandbox: SandboxServer) -> RemoteRepository:
    found = repository(sandbox.host, "large/app")
    found.push(BLOB, CONTENT)
    return found


def ranges(server: SandboxServer) -> list[str]:
    return [entry.headers.get("range", "") for entry in server.log if entry.method == "GET"]


def read(repo: RemoteRepository, size: int = 7777) -> bytes:
    with repo.fetch(BLOB) as stream:
        content = b"".join(iter(lambda: stream.read(size), b""))
        assert stream.verified
    return content


@pytest.mark.parametrize("kind", ["docker_registry", "go_registry", "sandbox"])
@pytest.mark.parametrize("connections", [1, 2, 4, 9])
def test_whatever_the_number_of_connections_the_bytes_are_the_same(
    kind: str, connections: int, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(kind)
    repo = repository(getattr(found, "host", found), "large/app", pull_connections=connections)
    if not repo.exists(BLOB):
        repo.push(BLOB, CONTENT)
    assert read(repo) == CONTENT
    with repo.fetch(BLOB) as stream:
        assert stream.read() == CONTENT
        assert stream.verified


def test_every_window_is_asked_for_once_and_no_byte_twice(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    assert read(repo) == CONTENT
    asked = [tuple(map(int, text.removeprefix("bytes=").split("-"))) for text in ranges(sandbox)]
    assert sorted(asked) == [
        (start, min(start + WINDOW, BLOB.size) - 1) for start in range(0, BLOB.size, WINDOW)
    ]


def test_small_blobs_and_one_connection_are_one_plain_get(sandbox: SandboxServer) -> None:
    repo = repository(sandbox.host, "large/app")
    small = Descriptor.from_bytes("text/plain", CONTENT[:WINDOW])
    repo.push(small, CONTENT[:WINDOW])
    assert repo.fetch_all(small) == CONTENT[:WINDOW]
    assert ranges(sandbox) == [""]
    repo.push(BLOB, CONTENT)
    assert read(repository(sandbox.host, "large/app", pull_connections=1)) == CONTENT
    assert ranges(sandbox) == ["", ""]


def test_a_line_that_one_connection_fills_is_left_to_one(
    repo: RemoteRepository, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_ranges, "FAST", 0)
    assert read(repo) == CONTENT
    assert ranges(sandbox) == [f"bytes=0-{WINDOW - 1}", f"bytes={WINDOW}-{BLOB.size - 1}"]


def test_nothing_runs_ahead_of_a_reader_who_only_looks_at_the_beginning(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    with repo.fetch(BLOB) as stream:
        assert stream.read(100) == CONTENT[:100]
    assert ranges(sandbox) == [f"bytes=0-{WINDOW - 1}"]


def test_no_more_runs_ahead_than_there_are_connections(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    with repo.fetch(BLOB) as stream:
        assert stream.read(WINDOW + 1) == CONTENT[: WINDOW + 1]
        # Everything under way ends, and nothing new begins before the reader goes on.
        stream._response._workers.shutdown(wait=True)
        assert len(ranges(sandbox)) <= 1 + 4


def test_memory_is_bounded_by_the_windows(sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (parallel_ranges, blob_ranges):
        monkeypatch.setattr(module, "WINDOW", 1 << 20)
    repo = repository(sandbox.host, "large/app")
    peaks = []
    for mib in (12, 36):
        content = os.urandom(mib << 20)
        target = Descriptor.from_bytes("text/plain", content)
        repo.push(target, content)
        del content
        tracemalloc.start()
        with repo.fetch(target) as stream:
            while stream.read(1 << 16):
                pass
        # What the server holds in this process counts too, for both alike but for the blob itself.
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + (6 << 20)


# ---- what goes wrong -----------------------------------------------------------------------------

MET = {
    "the second window is cut": (Fault.cut(500), {"skip": 1, "times": 1}),
    "the first window is cut": (Fault.cut(500), {"times": 1}),
    "the first window is cut after its half": (Fault.cut(WINDOW - 10), {"times": 1}),
    "three windows are cut": (Fault.cut(15_000), {"skip": 4, "times": 3}),
    "ranges are ignored": (Fault.ignored_range(), {}),
    "ranges are ignored from the fifth on": (Fault.ignored_range(), {"skip": 4}),
    "one range is ignored": (Fault.ignored_range(), {"skip": 4, "times": 1}),
    "the first range is another one": (Fault.wrong_range(), {"times": 1}),
    "every range is another one": (Fault.wrong_range(), {}),
    "a later range is another one": (Fault.wrong_range(-1), {"skip": 6, "times": 1}),
    "no range is named": (Fault.missing_header("content-range"), {"skip": 3}),
    "a range is refused": (Fault.status(416), {"skip": 5, "times": 1}),
    "ranges are not implemented": (Fault.status(501), {"times": 1}),
}


@pytest.mark.parametrize("case", MET)
def test_a_server_that_breaks_or_serves_no_ranges_is_read_all_the_same(
    case: str, repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    fault, when = MET[case]
    rule = sandbox.faults.add(fault, method="GET", path=PATH, **when)
    assert read(repo) == CONTENT
    assert rule.met


def test_ranges_that_are_ignored_from_the_start_cost_no_second_request(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault.ignored_range(), method="GET", path=PATH)
    assert read(repo) == CONTENT
    assert len(ranges(sandbox)) == 1


NAMED = {
    "every window is cut": (Fault.cut(10), {}, errors.ConnectionLostError),
    "every window but the first is cut": (Fault.cut(10), {"skip": 1}, errors.ConnectionLostError),
    "other bytes in one range": (Fault.wrong_bytes(), {"skip": 7, "times": 1}, errors.MismatchedDigestError),
    "other bytes in the first": (Fault.wrong_bytes(), {"times": 1}, errors.MismatchedDigestError),
    "an error in the middle": (Fault.status(500), {"skip": 5, "times": 1}, errors.ServerError),
    "gone in the middle": (Fault.status(404), {"skip": 5}, errors.NotFoundError),
}


@pytest.mark.parametrize("case", NAMED)
def test_what_cannot_be_read_is_an_error_with_a_name_that_stays(
    case: str, repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    fault, when, expected = NAMED[case]
    sandbox.faults.add(fault, method="GET", path=PATH, **when)
    with repo.fetch(BLOB) as stream:
        with pytest.raises(expected):
            while stream.read(7777):
                pass
        assert stream.verified is False
        with pytest.raises(expected):
            stream.read(1)
    sandbox.faults.clear()
    assert read(repo) == CONTENT


# ---- one stream where windows gain nothing, or are not served ------------------------------------------


@pytest.fixture
def fast_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """One connection fills the line: after the first window the rest is asked for as one stream."""
    monkeypatch.setattr(parallel_ranges, "FAST", 0)


@pytest.mark.usefixtures("fast_line")
def test_the_one_stream_that_breaks_goes_on_where_it_broke(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    sandbox.faults.add(Fault.cut(2 * WINDOW), method="GET", path=PATH, skip=1, times=1)
    assert read(repo) == CONTENT
    first, rest, *windows = ranges(sandbox)
    assert (first, rest) == (f"bytes=0-{WINDOW - 1}", f"bytes={WINDOW}-{BLOB.size - 1}")
    starts = sorted(int(text.removeprefix("bytes=").partition("-")[0]) for text in windows)
    assert starts == list(range(3 * WINDOW, BLOB.size, WINDOW))


@pytest.mark.usefixtures("fast_line")
def test_a_stream_that_breaks_again_and_again_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel_ranges, "RESUMES", 0)

    def respond(seen: Seen) -> Answer:
        first, last = map(int, seen.headers["Range"].removeprefix("bytes=").split("-"))
        named = ("Content-Range", f"bytes {first}-{last}/{BLOB.size}")
        return Answer(206, CONTENT[first : last + 1], [named], cut=3 * WINDOW if first else None)

    with scripted(respond) as server, repository(server.host).fetch(BLOB) as stream:
        with pytest.raises(errors.ConnectionLostError, match=f"{4 * WINDOW} of {BLOB.size} bytes arrived"):
            stream.read()
        assert stream.verified is False
        assert len(server.seen) == 2


def first_window_only(whole: Answer) -> Callable[[Seen], Answer]:
    """Serve the first range as asked, no other, and all of it as told."""

    def respond(seen: Seen) -> Answer:
        asked = seen.headers["Range"]
        if asked is None:
            return whole
        if asked != f"bytes=0-{WINDOW - 1}":
            return Answer(416)
        return Answer(206, CONTENT[:WINDOW], [("Content-Range", f"bytes 0-{WINDOW - 1}/{BLOB.size}")])

    return respond


@pytest.mark.parametrize(
    ("whole", "arrived"),
    [
        (Answer(body=CONTENT, cut=3 * WINDOW), 3 * WINDOW),
        (Answer(body=CONTENT[: 3 * WINDOW], length=None), 3 * WINDOW),
        (Answer(body=CONTENT, cut=WINDOW // 2), WINDOW),
        (Answer(body=CONTENT[: WINDOW // 2], length=None), WINDOW),
    ],
    ids=["cut", "ends too early", "cut in what is known", "ends in what is known"],
)
def test_the_only_stream_there_is_is_not_begun_again(whole: Answer, arrived: int) -> None:
    with scripted(first_window_only(whole)) as server, repository(server.host).fetch(BLOB) as stream:
        with pytest.raises(
            errors.ConnectionLostError, match=f"broke.*: {arrived} of {BLOB.size} bytes arrived"
        ):
            stream.read()
        assert stream.verified is False
        assert [seen.headers["Range"] for seen in server.seen].count(None) == 1


def test_the_only_stream_there_is_is_read_over_and_then_on() -> None:
    for whole in (Answer(body=CONTENT), Answer(body=CONTENT, length=None)):
        with scripted(first_window_only(whole)) as server:
            assert read(repository(server.host)) == CONTENT


def test_the_end_stays_the_end(repo: RemoteRepository) -> None:
    with repo.fetch(BLOB) as stream:
        assert stream.read() == CONTENT
        body = stream._response.raw
        assert (body.read1(10), body.read(10), stream.read(10)) == (b"", b"", b"")
        assert stream.verified is True


def test_a_seek_where_ranges_are_no_longer_served_leaves_the_stream_as_it_was(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    with repo.fetch(BLOB) as stream:
        assert stream.read(100) == CONTENT[:100]
        rule = sandbox.faults.add(Fault.status(416), method="GET", path=PATH)
        # What is far from the end would come in windows again.
        with pytest.raises(errors.NotSeekableError, match="416"):
            stream.seek(7 * WINDOW)
        assert (stream.tell(), stream.seekable()) == (100, False)
        sandbox.faults.remove(rule)
        assert stream.read() == CONTENT[100:]
        assert stream.verified is True


# ---- slow windows ------------------------------------------------------------------------------------


def test_a_window_that_is_slow_is_waited_for(
    repo: RemoteRepository, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel_ranges, "_POLL_SECONDS", 0.01)
    sandbox.faults.add(Fault.delay(0.3), method="GET", path=PATH, skip=1, times=1)
    assert read(repo) == CONTENT


def test_a_window_whose_connection_is_reset_is_asked_for_again(
    repo: RemoteRepository, sandbox: SandboxServer
) -> None:
    rule = sandbox.faults.add(Fault.reset(), method="GET", path=PATH, skip=2, times=1)
    assert read(repo) == CONTENT
    assert rule.met
    asked = ranges(sandbox)
    assert sorted(asked.count(one) for one in set(asked)) == [1] * 15 + [2]


@pytest.mark.parametrize(
    "fault",
    [Fault.drip(0.05, 100), Fault.drip(30, 100), Fault.delay(30)],
    ids=["drips", "stops", "never begins"],
)
def test_t27_windows_do_not_outlast_the_deadline(fault: Fault, sandbox: SandboxServer) -> None:
    left = LeftOver()
    repo = repository(sandbox.host, "large/app", transfer_deadline=1.0)
    repo.push(BLOB, CONTENT)
    sandbox.faults.add(fault, method="GET", path=PATH, skip=1)
    with repo.fetch(BLOB) as stream:
        with pytest.raises(errors.DeadlineExceededError):
            stream.read()
        assert stream.verified is False
    assert awaited(
        lambda: not [one for one in threads() - left.threads if one.name.startswith("regexplore-range")]
    )


# ---- moving, files, storage elsewhere --------------------------------------------------------------


def test_moving_about_works_as_with_one_stream(repo: RemoteRepository) -> None:
    with repo.fetch(BLOB) as stream:
        assert stream.read(10) == CONTENT[:10]
        stream.seek(7 * WINDOW)
        assert stream.read(3 * WINDOW) == CONTENT[7 * WINDOW : 10 * WINDOW]
        stream.seek(100)
        assert stream.read() == CONTENT[100:]
        assert stream.verified is False
        stream.seek(-5, os.SEEK_END)
        assert stream.read() == CONTENT[-5:]


def test_head_6_a_download_that_broke_goes_on_side_by_side(
    repo: RemoteRepository, sandbox: SandboxServer, tmp_path
) -> None:
    sandbox.faults.add(Fault.status(500), method="GET", path=PATH, skip=6)
    with pytest.raises(errors.ServerError):
        repo.download(BLOB, tmp_path / "layer")
    held = (tmp_path / "layer.part").stat().st_size
    assert 0 < held < BLOB.size
    sandbox.faults.clear()
    sandbox.log.clear()
    repo.download(BLOB, tmp_path / "layer")
    assert (tmp_path / "layer").read_bytes() == CONTENT
    # What was still under way when the first try broke may come late; beyond that, what is there is not asked for.
    starts = sorted(int(text.removeprefix("bytes=").split("-")[0]) for text in ranges(sandbox))
    assert set(range(held, BLOB.size, WINDOW)) <= set(starts)


def test_redir_ranges_of_a_blob_kept_elsewhere_take_no_credentials_there() -> None:
    with SandboxServer("ghcr", auth="basic", users={"ada": "lovelace"}) as server:
        repo = repository(server.host, "large/app", Credential("ada", "lovelace"))
        repo.push(BLOB, CONTENT)
        assert read(repo) == CONTENT
        elsewhere = [entry for entry in server.log if entry.origin == "blobs"]
        assert len(elsewhere) == 16
        assert all(entry.status == 206 and "authorization" not in entry.headers for entry in elsewhere)


def test_an_image_is_read_through_ranges_and_the_trace_shows_each(sandbox: SandboxServer) -> None:
    repo = rx.Repository(f"{sandbox.host}/large/app", options=options_for(sandbox.host))
    repo.push(BLOB, CONTENT)
    with rx.trace() as wire:
        assert read(repo) == CONTENT
    frame = wire.frame()
    assert (frame["status"] == 206).all()
    assert len(frame) == 16


def test_a_reader_that_is_left_alone_lets_its_threads_go(repo: RemoteRepository) -> None:
    stream = repo.fetch(BLOB)
    stream.read(2 * WINDOW)
    workers = stream._response._workers
    stream.close()
    assert workers._shutdown
    with pytest.raises(ValueError, match="closed"):
        stream.read(1)
