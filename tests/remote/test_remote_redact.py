"""What of URLs and headers may be shown, and that the rest never is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regexplore.remote import redact

SIGNED = "https://ada:canary@store.example/x?X-Amz-Signature=canary&digest=sha256:ab#canary"
SHOWN = "https://store.example/x?X-Amz-Signature=***&digest=sha256:ab"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('Bearer realm="https://a.example/t",service="r",scope="s"',) * 2,
        ("Basic", "Basic"),
        ('basic realm="Registry"', 'basic realm="Registry"'),
        (f'Bearer realm="{SIGNED}",service=r', f'Bearer realm="{SHOWN}",service="r"'),
        ('Basic realm="a", Bearer service=b', 'Basic realm="a", Bearer service="b"'),
        ('Negotiate canary, Basic realm="a"', 'Basic realm="a"'),
        (
            'Bearer service="r",nonce="canary",error="invalid_token"',
            'Bearer service="r",error="invalid_token"',
        ),
        ("Negotiate canary", "***"),
        ("", "***"),
    ],
)
def test_t16_a_challenge_shows_what_a_token_is_asked_by_and_no_more(line, shown):
    assert redact.challenge(line) == shown


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Location", SIGNED, SHOWN),
        ("Link", f'<{SIGNED}>; rel="next"', f'<{SHOWN}>; rel="next"'),
        ("Link", f'{SIGNED}; rel="next"', f'{SHOWN}; rel="next"'),
        ("LINK", SIGNED, SHOWN),
        ("WWW-Authenticate", f'Bearer realm="{SIGNED}"', f'Bearer realm="{SHOWN}"'),
        ("Authorization", "Basic canary", "Basic ***"),
        ("authorization", "bearer canary", "bearer ***"),
        ("Authorization", "canary", "***"),
        ("Authorization", "Digest canary", "***"),
        ("Set-Cookie", "canary", "***"),
        ("X-Registry-Auth", "canary", "***"),
        ("Content-Type", "text/plain", "text/plain"),
    ],
)
def test_t16_headers_say_how_and_where_and_not_with_what(name, value, shown):
    assert redact.headers({name: value}) == {name: shown}


def test_t16_what_cannot_be_read_as_a_url_is_not_shown_at_all():
    assert redact.url("https://[canary/x") == "(unreadable URL)"
    assert redact.headers({"Location": "http://[canary"}) == {"Location": "(unreadable URL)"}


def test_texts_have_an_end():
    assert redact.url("https://h/" + "x" * 5_000) == "https://h/" + "x" * (redact.LONGEST - 10) + "..."
    assert len(redact.headers({"Server": "x" * 5_000})["Server"]) == redact.LONGEST


@given(
    st.text(st.characters(codec="ascii", exclude_characters="&=#"), max_size=20),
    st.text(st.characters(codec="ascii", exclude_characters="&#"), max_size=20),
)
def test_t16_a_value_is_shown_only_where_its_key_is_known(key, value):
    assert redact.query(f"{key}={value}") == (
        f"{key}={value}" if key in redact.SHOWN_KEYS else f"{key}={redact.HIDDEN}"
    )
