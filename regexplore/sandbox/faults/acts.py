"""What each kind of fault does to a request."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from regexplore.oci import Digest
from regexplore.sandbox.app.call import Application, Receive, Scope, Send
from regexplore.sandbox.faults.answer import Act, Answer, abort, is_gone, pause
from regexplore.sandbox.faults.fault import HOSTILE

Settings = Mapping[str, Any]

_SIGN_IN = b"<!DOCTYPE html><html><title>Sign in</title><form action=/login></form></html>"
_BLOCK = b"0" * 65_536


# ---- slow ----------------------------------------------------------------------------------------


async def delay(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Wait, then go on."""
    await pause(scope, settings["seconds"])
    await app(scope, receive, send)


async def drip(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the body piece by piece."""
    answer = await Answer.caught(app, scope, receive)
    await answer.begin(send)
    size = settings["size"]
    for at in range(0, len(answer.body), size):
        await pause(scope, settings["seconds"])
        if is_gone(scope):
            return
        await send({"type": "http.response.body", "body": answer.body[at : at + size], "more_body": True})
    await send({"type": "http.response.body", "body": b""})


# ---- broken off ----------------------------------------------------------------------------------


async def cut(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Send the start of the body and close."""
    answer = await Answer.caught(app, scope, receive)
    if scope["method"] == "HEAD":
        await answer.send(send)
        return
    await answer.with_header("content-length", str(len(answer.body))).begin(send)
    await send({"type": "http.response.body", "body": answer.body[: settings["after"]], "more_body": True})
    # What was written must leave before the connection goes.
    await asyncio.sleep(0.02)
    await abort(scope, receive)


async def reset(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing."""
    await abort(scope, receive)


# ---- another answer ------------------------------------------------------------------------------


async def status(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a status and errors."""
    errors = [{"code": code, "message": code.lower().replace("_", " ")} for code in settings["errors"]]
    body = json.dumps({"errors": errors}).encode() if errors else b""
    answer = Answer(settings["status"], ((b"content-type", b"application/json"),)).with_body(body)
    if settings["retry_after"] is not None:
        answer = answer.with_header("retry-after", str(settings["retry_after"]))
    await answer.send(send)


async def redirect(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Name another place."""
    await Answer(settings["status"], ()).with_body(b"").with_header("location", settings["url"]).send(send)


async def html(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with a page for people."""
    await Answer(200, ((b"content-type", b"text/html; charset=utf-8"),)).with_body(_SIGN_IN).send(send)


async def endless_body(
    settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Send until the client goes away."""
    answer = await Answer.caught(app, scope, receive)
    await answer.with_header("content-length", None).begin(send)
    while not is_gone(scope):
        await send({"type": "http.response.body", "body": _BLOCK, "more_body": True})
        await asyncio.sleep(0)


async def moving_tag(
    settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Ask the registry for something else than the client did."""
    folder, _, _ = scope["path"].rpartition("/")
    path = f"{folder}/{settings['to']}"
    await app({**scope, "path": path, "raw_path": path.encode()}, receive, send)


async def ignored_range(
    settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    """Ask the registry for everything."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
    await app({**scope, "headers": headers}, receive, send)


# ---- changed answers -----------------------------------------------------------------------------


def _looping_pages(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    query = scope["query_string"].decode("latin-1")
    here = scope["path"] + (f"?{query}" if query else "")
    return answer.with_header("link", f'<{here}>; rel="next"')


_fresh = itertools.count(1)


def _endless_pages(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_header("link", f'<{scope["path"]}?page={next(_fresh)}>; rel="next"')


def _wrong_bytes(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    if not answer.body:
        return answer
    middle = len(answer.body) // 2
    changed = bytes([answer.body[middle] ^ 1])
    return answer.with_body(answer.body[:middle] + changed + answer.body[middle + 1 :])


def _wrong_length(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    said = next((int(value) for name, value in answer.headers if name == b"content-length"), len(answer.body))
    return answer.with_header("content-length", str(max(0, said + settings["by"])))


def _wrong_range(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    said = next((value.decode() for name, value in answer.headers if name == b"content-range"), "")
    later = re.sub(r"[0-9]+(?=[-/])", lambda found: str(int(found.group()) + settings["by"]), said)
    return answer.with_header("content-range", later) if said else answer


def _wrong_digest(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_header("docker-content-digest", Digest.of(b"something else"))


def _wrong_media_type(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_header("content-type", settings["media_type"])


def _truncated_json(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_body(answer.body[: len(answer.body) // 2])


def _hostile_strings(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    try:
        tree = json.loads(answer.body)
    except ValueError:
        return answer
    if not isinstance(tree, dict):
        return answer
    for key in ("tags", "repositories"):
        if isinstance(tree.get(key), list):
            tree[key] = [*tree[key], *HOSTILE]
    if isinstance(tree.get("errors"), list):
        tree["errors"] = [{"code": text, "message": text, "detail": text} for text in HOSTILE]
    return answer.with_body(json.dumps(tree).encode())


def _warning(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    text = settings["text"].replace("\\", "\\\\").replace('"', '\\"')
    return answer.with_header("warning", f'299 - "{text}"')


def _header(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_header(settings["name"], settings["value"])


def _missing_header(settings: Settings, answer: Answer, scope: Scope) -> Answer:
    return answer.with_header(settings["name"], None)


def _changing(change: Callable[[Settings, Answer, Scope], Answer]) -> Act:
    """Make an act of a change to the registry's answer."""

    async def act(settings: Settings, app: Application, scope: Scope, receive: Receive, send: Send) -> None:
        answer = change(settings, await Answer.caught(app, scope, receive), scope)
        if _announced(answer) != len(answer.body) and scope["method"] != "HEAD":
            await _send_as_announced(answer, scope, receive, send)
            return
        await answer.send(send)

    return act


def _announced(answer: Answer) -> int:
    return next((int(value) for name, value in answer.headers if name == b"content-length"), len(answer.body))


async def _send_as_announced(answer: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Send a body that is not as long as was announced; the server itself would refuse to."""
    await answer.begin(send)
    await send({"type": "http.response.body", "body": answer.body[: _announced(answer)], "more_body": True})
    await asyncio.sleep(0.02)
    await abort(scope, receive)


ACTS: Mapping[str, Act] = {
    "delay": delay,
    "drip": drip,
    "cut": cut,
    "reset": reset,
    "status": status,
    "redirect": redirect,
    "html": html,
    "endless_body": endless_body,
    "moving_tag": moving_tag,
    "ignored_range": ignored_range,
    "looping_pages": _changing(_looping_pages),
    "endless_pages": _changing(_endless_pages),
    "wrong_bytes": _changing(_wrong_bytes),
    "wrong_length": _changing(_wrong_length),
    "wrong_digest": _changing(_wrong_digest),
    "wrong_media_type": _changing(_wrong_media_type),
    "wrong_range": _changing(_wrong_range),
    "truncated_json": _changing(_truncated_json),
    "hostile_strings": _changing(_hostile_strings),
    "warning": _changing(_warning),
    "header": _changing(_header),
    "missing_header": _changing(_missing_header),
}
