"""Listings, page by page."""

import json

import pytest
from support.clients import registry, repository
from support.scripted_server import Answer, error_answer, json_answer, scripted

import regexplore as rx
from regexplore import errors
from regexplore.oci import Descriptor, Digest, media_types
from regexplore.sandbox import SandboxServer

TAGS = "/v2/some/app/tags/list"


def page(*tags, link=None):
    lines = [link] if isinstance(link, str) else link or []
    return json_answer({"name": "some/app", "tags": list(tags)}, *[("Link", line) for line in lines])


def linked(link):
    """Answer with one page that links on, and then with a last one."""
    first = []

    def respond(seen):
        if first:
            return page("b")
        first.append(seen)
        return page("a", link=link(seen) if callable(link) else link)

    return respond


def followed(link):
    """Return the target of the second request."""
    with scripted(linked(link)) as server:
        assert list(repository(server.host).tag_pages()) == [["a"], ["b"]]
        return server.seen[1].target


@pytest.mark.parametrize(
    ("n", "last", "query"), [(0, "", ""), (5, "", "?n=5"), (0, "v1", "?last=v1"), (5, "v1", "?last=v1&n=5")]
)
def test_page_1_n_and_last(n, last, query):
    with scripted(lambda seen: json_answer({})) as server:
        list(repository(server.host, tag_list_page_size=n).tag_pages(last))
        list(registry(server.host, repository_list_page_size=n).repository_pages(last))
    assert server.lines == [f"GET {TAGS}{query}", f"GET /v2/_catalog{query}"]


def test_page_1_last_means_after(sandbox):
    repo = repository(sandbox.host, tag_list_page_size=2)
    content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
    for tag in "abcde":
        repo.push_reference(Descriptor.from_bytes(media_types.OCI_INDEX, content), content, tag)
    assert list(repo.tag_pages("b")) == [["c", "d"], ["e"]]


def test_page_2_an_opaque_cursor_is_followed_byte_for_byte():
    cursor = f"{TAGS}?next_page=a%2Fb%3D==&n=1000&sig=%2B+x&z"
    with scripted(linked(f'<{cursor}>; rel="next"')) as server:
        list(repository(server.host, tag_list_page_size=3).tag_pages())
        assert server.lines == [f"GET {TAGS}?n=3", f"GET {cursor}"]


def test_page_3_each_page_as_it_arrives_and_none_that_is_not_asked_for():
    with scripted(linked(f"<{TAGS}?last=a>")) as server:
        pages = repository(server.host).tag_pages()
        assert next(pages) == ["a"]
        assert len(server.seen) == 1


@pytest.mark.parametrize("content", [{"tags": []}, {"tags": None}, {}, {"name": "some/app", "more": 1}])
def test_page_3_9_an_empty_page_is_a_page(content):
    with scripted(lambda seen: json_answer(content)) as server:
        assert list(repository(server.host).tag_pages()) == [[]]


@pytest.mark.parametrize(
    "lines",
    [
        [f'<{TAGS}?p=0>; rel="prev", <{TAGS}?p=2>; rel="next"'],
        [f'<{TAGS}?p=0>; rel="prev"', f'<{TAGS}?p=2>; rel="next"'],
        [f'<{TAGS}?p=0>; rel=first, <{TAGS}?p=2>; rel=next; title="a, b; c"'],
        [f'<{TAGS}?p=2>; title="x"; rel="next last"'],
        [f"<{TAGS}?p=2>; REL=NEXT"],
    ],
)
def test_page_4_the_entry_that_is_next(lines):
    assert followed(lines) == f"{TAGS}?p=2"


@pytest.mark.parametrize("link", [f'<{TAGS}?p=0>; rel="prev"', f"<{TAGS}?p=0>; rel=last"])
def test_page_4_no_next_is_the_end(link):
    with scripted(lambda seen: page("a", link=link)) as server:
        assert list(repository(server.host).tag_pages()) == [["a"]]


@pytest.mark.parametrize(
    ("link", "target"),
    [
        (f'<{TAGS}?p=2>; rel="next"', f"{TAGS}?p=2"),
        ("<?last=x>", f"{TAGS}?last=x"),
        ("<list?p=2>", f"{TAGS}?p=2"),
        (f"  <{TAGS}?p=2>;rel=next", f"{TAGS}?p=2"),
        (f'{TAGS}?p=2; rel="next"', f"{TAGS}?p=2"),
        (f"<{TAGS}?p=2>; crossorigin; rel=next", f"{TAGS}?p=2"),
        (f'<{TAGS}?p=2>; title="a;b,c" ; rel="last next"', f"{TAGS}?p=2"),
        (f"<{TAGS}?p=1>; rel, <{TAGS}?p=2>; rel=next", f"{TAGS}?p=2"),
        (lambda seen: f"<http://{seen.headers['Host']}{TAGS}?p=2>", f"{TAGS}?p=2"),
        (lambda seen: f"<HTTP://{seen.headers['Host']}{TAGS}?p=2>", f"{TAGS}?p=2"),
        (lambda seen: f"<//{seen.headers['Host']}{TAGS}?p=2>", f"{TAGS}?p=2"),
    ],
)
def test_page_5_links_in_every_form(link, target):
    assert followed(link) == target


@pytest.mark.parametrize(
    "link",
    [
        "<http://other.example/v2/some/app/tags/list>",
        "<//other.example/v2/>",
        "<https://{host}/v2/some/app/tags/list>",
        "<http://127.0.0.1:1/v2/>",
        "</v2/some/app/tags/list?p=2",
        "<http://[::1/v2/>",
        "<file:///etc/passwd>",
        "two words",
        "</v2/some/app/tags/list?p=2> next",
        "</v2/some/app/tags/list?p=" + "2" * 20_000 + ">",
        '</v2/some/app/tags/list?p=2>; rel="next" more',
    ],
)
def test_page_6_t15_t32_links_that_are_not_followed(link):
    with scripted(lambda seen: page("a", link=link.format(host=seen.headers["Host"]))) as server:
        pages = repository(server.host).tag_pages()
        assert next(pages) == ["a"]
        with pytest.raises(errors.InvalidLinkError) as caught:
            next(pages)
        assert caught.value.hint
        assert len(server.seen) == 1


@pytest.mark.parametrize("link", ["<>", f"<{TAGS}>", "<?>", "<#x>"])
def test_page_7_t32_a_page_that_links_to_itself(link):
    with scripted(lambda seen: page("a", link=link)) as server, pytest.raises(errors.PageLoopError):
        list(repository(server.host).tag_pages())
    assert len(server.seen) <= 2


def test_page_7_t32_pages_in_a_circle():
    def respond(seen):
        return page(seen.target, link=f"<{TAGS}?p={'1' if seen.target.endswith('2') else '2'}>")

    with scripted(respond) as server, pytest.raises(errors.PageLoopError):
        list(repository(server.host).tag_pages())
    assert len(server.seen) == 3


def test_page_7_user_information_in_a_link():
    with scripted(
        lambda seen: page("a", link=f"<http://ada:secret@{seen.headers['Host']}{TAGS}?p=2>")
    ) as server:
        with pytest.raises(errors.InvalidLinkError) as caught:
            list(repository(server.host).tag_pages())
        assert len(server.seen) == 1
        assert "Authorization" not in server.seen[0].headers
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "<http://ada:secret@r/x?sig=secret",
        "http://ada:secret@r/x?sig=secret b",
        "<http://r/?sig=secret>; rel=next,, <a>",
    ],
)
def test_page_7_t16_no_secret_of_a_link_is_shown(line):
    with scripted(lambda seen: page("a", link=line)) as server, rx.trace() as wire:
        with pytest.raises(errors.InvalidLinkError) as caught:
            list(repository(server.host).tag_pages())
    assert "secret" not in str(caught.value)
    assert "secret" not in wire.frame().to_csv()


def endless(seen):
    here = int(seen.target.partition("p=")[2] or 0)
    content = {"tags": [f"t{here}"], "repositories": [f"r{here}"], "manifests": []}
    return Answer(
        body=json.dumps(content).encode(),
        headers=[("Content-Type", media_types.OCI_INDEX), ("Link", f"<?p={here + 1}>")],
    )


def test_page_8_t32_the_limit_of_pages():
    target = Descriptor(media_types.OCI_MANIFEST, Digest.of(b""), 0)
    with scripted(endless) as server:
        limited = {"tag_list_max_pages": 3, "referrer_list_max_pages": 3, "repository_list_max_pages": 3}
        repo, reg = repository(server.host, **limited), registry(server.host, **limited)
        for pages in (repo.tag_pages(), reg.repository_pages(), repo.referrer_pages(target)):
            before = len(server.seen)
            with pytest.raises(errors.TooManyPagesError) as caught:
                list(pages)
            assert len(server.seen) - before == 3
            assert "more than 3 pages" in str(caught.value)


def test_page_8_exactly_the_limit_is_fine():
    with scripted(linked(f"<{TAGS}?p=2>")) as server:
        assert list(repository(server.host, tag_list_max_pages=2).tag_pages()) == [["a"], ["b"]]


BAD_PAGES = {
    "html": b"<!DOCTYPE html><html>sign in</html>",
    "half": b'{"tags": ["a"',
    "list": b'["a"]',
    "text": b'"a"',
    "tags is a text": b'{"tags": "a"}',
    "tags of numbers": b'{"tags": [1, 2]}',
    "nothing": b"",
    "two values": b'{"tags": []} {"tags": ["a"]}',
    "deep": b'{"tags":' + b"[" * 100_000,
    "not utf-8": b'{"tags": ["\xff"]}',
}


@pytest.mark.parametrize("name", BAD_PAGES)
def test_page_9_a_page_that_is_none(name):
    with scripted(lambda seen: Answer(body=BAD_PAGES[name])) as server:
        with pytest.raises(errors.UnexpectedContentError) as caught:
            list(repository(server.host).tag_pages())
    assert TAGS in str(caught.value)


@pytest.mark.parametrize("content_type", ["text/plain", "text/html", "application/octet-stream", ""])
def test_page_9_the_content_type_of_a_page_does_not_matter(content_type):
    answer = Answer(body=b'{"tags": ["a", null, "b", "a"]}', headers=[("Content-Type", content_type)])
    with scripted(lambda seen: answer) as server:
        assert list(repository(server.host).tag_pages()) == [["a", "b", "a"]]


def test_page_9_odd_tags_are_passed_on_as_they_are():
    odd = ["../x", "<script>", "a b", "", "\u202e", "v" * 300]
    with scripted(lambda seen: page(*odd)) as server:
        assert list(repository(server.host).tag_pages()) == [odd]


def test_page_10_a_later_page_that_fails():
    def respond(seen):
        return error_answer(503, "UNAVAILABLE") if "p=2" in seen.target else page("a", link=f"<{TAGS}?p=2>")

    with scripted(respond) as server:
        pages = repository(server.host).tag_pages()
        assert next(pages) == ["a"]
        with pytest.raises(errors.ServerError):
            next(pages)


def test_page_11_stopped_and_resumed():
    with SandboxServer() as server:
        repo = repository(server.host, tag_list_page_size=2)
        content = b'{"schemaVersion":2,"mediaType":"%s","manifests":[]}' % media_types.OCI_INDEX.encode()
        for tag in "abcde":
            repo.push_reference(Descriptor.from_bytes(media_types.OCI_INDEX, content), content, tag)
        first = next(repo.tag_pages())
        rest = [tag for found in repo.tag_pages(first[-1]) for tag in found]
    assert first + rest == list("abcde")


def test_page_11_pages_that_start_again_are_told_by_the_same_link():
    """A registry that ignores its own cursor sends the first page for ever."""
    with scripted(lambda seen: page("a", "b", link=f"<{TAGS}?last=b>")) as server:
        with pytest.raises(errors.PageLoopError):
            list(repository(server.host).tag_pages())
    assert len(server.seen) == 2
