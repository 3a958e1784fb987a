"""What registries want their users to know, and what they answer instead of success."""

import pickle
import warnings

import pytest
from support.clients import registry, repository
from support.scripted_server import Answer, error_answer, scripted

from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.remote import WarningValue
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.warning import RegistryWarning, gathering, parse_warnings
from regexplore.sandbox import SandboxServer

CONTENT = b"{}"
BLOB = Descriptor.from_bytes(media_types.OCTET_STREAM, CONTENT)


def warned(*lines, status=200):
    return Answer(status, headers=[("Warning", line) for line in lines])


def told(answer, call=lambda reg: reg.ping()):
    heard = []
    with scripted(lambda seen: answer) as server:
        try:
            call(registry(server.host, handle_warning=heard.append))
        except errors.RegexploreError:
            pass
    return heard


def test_warn_1_each_line_in_order_on_success_and_on_failure():
    lines = ['299 - "one"', '299 - "two"']
    for status in (200, 404, 500):
        assert [warning.text for warning in told(warned(*lines, status=status))] == ["one", "two"]


def test_warn_1_without_a_handler_they_are_warnings_of_python():
    with scripted(lambda seen: warned('299 - "read only soon"')) as server:
        with pytest.warns(RegistryWarning, match="read only soon") as caught:
            registry(server.host).ping()
    assert caught[0].message.value == WarningValue(299, "-", "read only soon")
    assert caught[0].message.reference.registry == server.host


def test_warn_2_not_of_challenges_and_token_requests():
    heard = []
    with SandboxServer(auth="token", users={"ada": "lovelace"}) as server:
        server.faults.add(_warning("told"))
        repo = repository(server.host, credential=Credential("ada", "lovelace"), handle_warning=heard.append)
        repo.push(BLOB, CONTENT)
        sent = [record.status for record in server.log]
    assert 401 in sent
    assert len(heard) == 2


def _warning(text):
    from regexplore.sandbox.faults import Fault

    return Fault.warning(text)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('299 - "a text"', "a text"),
        ('299 - "quoted \\"word\\""', 'quoted "word"'),
        ('299 - "back\\\\slash"', "back\\slash"),
        ('299 - "ünï"', "ünï"),
    ],
)
def test_warn_3_read(line, text):
    assert parse_warnings([line]) == [WarningValue(299, "-", text)]


@pytest.mark.parametrize(
    "line",
    [
        '199 - "other code"',
        '299 - ""',
        "299 - text",
        "299 - 'text'",
        "299 - `text`",
        "299 -",
        "299",
        "",
        '"text"',
        '299 - "open',
        '299 - "open\\',
        '1299 - "x"',
        '299 - "x" y',
    ],
)
def test_warn_4_ignored(line):
    assert parse_warnings([line]) == []


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (['299 host.example "x"'], [("host.example", "x")]),
        (['299 - "x" "Mon, 01 Jan 2026 00:00:00 GMT"'], [("-", "x")]),
        (['299 - "x, y", 299 - "z"'], [("-", "x, y"), ("-", "z")]),
        (['199 - "no", 299 - "yes"'], [("-", "yes")]),
        (['299 - "line\\nbreak"'], [("-", "linenbreak")]),
    ],
)
def test_warn_5_also_read(lines, found):
    assert [(value.agent, value.text) for value in parse_warnings(lines)] == found


def test_warn_5_each_text_is_shown_once_by_python():
    with (
        scripted(lambda seen: warned('299 - "again and again"')) as server,
        warnings.catch_warnings(record=True) as caught,
    ):
        warnings.simplefilter("default")
        for _ in range(5):
            registry(server.host).ping()
    assert len(caught) == 1


def test_warn_5_t9_a_hostile_text_is_escaped_in_the_message():
    hostile = "\x1b]8;;http://evil\x07<script>\u202e"
    assert str(RegistryWarning(WarningValue(text=hostile), registry("host.example").reference)).isascii()


def test_warn_5_there_is_an_end():
    assert len(parse_warnings(['299 - "x", ' * 1000])) <= 20


def caught_from(answer):
    with scripted(lambda seen: answer) as server, pytest.raises(errors.ResponseError) as caught:
        registry(server.host).ping()
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>oops</html>",
        b"[]",
        b"null",
        b'"text"',
        b'{"errors": null}',
        b'{"errors": {}}',
        b'{"errors": [1, null, {}]}',
        b'{"errors": [{"code": 7}]}',
        b"\xff\xfe",
        b"x" * 20_000,
        b"[" * 20_000,
    ],
)
def test_err_1_anything_but_the_error_list_is_an_excerpt(body):
    error = caught_from(Answer(400, body))
    assert all(isinstance(detail.code, str) for detail in error.errors)
    assert error.status == 400
    assert len(str(error)) < 2_000


def test_err_1_2_3_the_registrys_words():
    answer = Answer(
        400,
        b'{"errors": [{"code": "NAME_INVALID", "message": "no good", "detail": {"a": 1}}, {"code": "X_Y"}]}',
    )
    error = caught_from(answer)
    assert [detail.code for detail in error.errors] == ["NAME_INVALID", "X_Y"]
    assert 'response status code 400: name invalid: no good: {"a": 1}; x y' in str(error)
    assert str(error).startswith('GET "http://')


@pytest.mark.parametrize("codes", [["DENIED"], ["X", "DENIED"], ["DENIED", "NAME_UNKNOWN"]])
def test_err_4_a_code_anywhere_in_the_list(codes):
    error = caught_from(error_answer(403, *codes))
    assert error.has_code("DENIED")
    assert not error.has_code("UNSUPPORTED")


def test_err_5_unknown_codes_are_text():
    assert caught_from(error_answer(429, "TOOMANYREQUESTS", "OWN_CODE")).has_code("OWN_CODE")


def test_err_6_excerpt_headers_and_tries():
    answer = error_answer(
        503,
        "UNAVAILABLE",
        headers=[("X-Request-Id", "r-1"), ("Retry-After", "1000"), ("Set-Cookie", "secret=1")],
    )
    with scripted(lambda seen: answer) as server, pytest.raises(errors.ServerError) as caught:
        registry(server.host, retries=1).ping()
    error = caught.value
    assert error.headers["x-request-id"] == "r-1"
    assert error.headers["retry-after"] == "1000"
    assert "secret" not in str(error.headers)
    assert error.attempts == 1


@pytest.mark.parametrize("where", ["redirect", "token"])
def test_err_7_t16_urls_without_secrets(where):
    def respond(seen):
        if "sig=" in seen.target:
            return Answer(403)
        return Answer(307, headers=[("Location", "/stored?sig=secret&n=1&who=ada#x")])

    with scripted(respond) as server, pytest.raises(errors.DeniedError) as caught:
        repository(server.host).blobs.fetch(BLOB)
    assert "secret" not in str(caught.value)
    assert "n=1" in str(caught.value)


def test_err_8_one_tree_of_errors():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    assert all(issubclass(kind, errors.RegexploreError) and kind.__name__.endswith("Error") for kind in kinds)
    error = caught_from(error_answer(404, "NAME_UNKNOWN"))
    assert isinstance(error, errors.NotFoundError)
    assert isinstance(error, LookupError)


def test_hlp_1_everything_as_a_frame_and_as_a_list(sandbox):
    import regexplore as rx

    content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
    repo = repository(sandbox.host, tag_list_page_size=2)
    target = Descriptor.from_bytes(media_types.OCI_INDEX, content)
    for tag in ("v1", "v2", "v10"):
        repo.push_reference(target, content, tag)
    assert rx.Repository(f"{sandbox.host}/some/app", tag_list_page_size=2).tags()["tag"].tolist() == [
        "v1",
        "v2",
        "v10",
    ]
    assert rx.Registry(sandbox.host).repositories()["repository"].tolist() == ["some/app"]
    assert rx.Repository(f"{sandbox.host}/some/app").referrers(target).empty


def test_hlp_2_fetched_whole_and_verified():
    with scripted(lambda seen: Answer(body=CONTENT)) as server:
        assert repository(server.host).fetch_all(BLOB) == CONTENT
        other = Descriptor(BLOB.media_type, Digest.of(b"[]"), 2)
        with pytest.raises(errors.MismatchedDigestError):
            repository(server.host).fetch_all(other)


def test_warn_1_a_warning_survives_pickling():
    warning = told(warned('299 - "soon"'))[0]
    copy = pickle.loads(pickle.dumps(warning))
    assert (copy.value, copy.reference, str(copy)) == (warning.value, warning.reference, str(warning))


def test_warn_1_work_for_another_thread_keeps_them_for_that_thread():
    with scripted(lambda seen: warned('299 - "soon"')) as server, warnings.catch_warnings():
        warnings.simplefilter("error")
        with gathering() as heard:
            registry(server.host).ping()
        assert [warning.text for warning in heard] == ["soon"]
        with pytest.raises(RegistryWarning, match="soon"):
            registry(server.host).ping()
