"""The cache of tokens: what it finds, one flight for each token, and what a failed flight leaves behind."""

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from regexplore import errors
from regexplore.remote import clock
from regexplore.remote.auth import token_cache
from regexplore.remote.auth.token_cache import Key, Token, TokenCache

ONE, TWO = "one.example", "two.example"
PULL, PUSH = ("repository:a:pull",), ("repository:a:push",)


def put(cache, host, value, scopes=PULL, scheme="bearer"):
    """Keep a token, whatever is there."""
    return cache.fetch(
        Key(host, scheme, scopes), lambda: Token.living(value), refused=cache.get(Key(host, scheme, scopes))
    )


def held(cache, host, scopes=PULL, scheme="bearer"):
    found = cache.get(Key(host, scheme, scopes))
    return found and found.value


def test_cache_1_the_scheme_of_each_host():
    cache = TokenCache()
    assert cache.scheme(ONE) == ""
    put(cache, ONE, "x", scheme="basic")
    assert cache.scheme(ONE) == "basic"
    put(cache, ONE, "y")
    assert cache.scheme(ONE) == "bearer"
    assert cache.scheme(TWO) == ""
    put(cache, TWO, "z", scheme="basic")
    assert (cache.scheme(ONE), cache.scheme(TWO)) == ("bearer", "basic")


def test_cache_1_the_token_of_each_host_scheme_and_key():
    cache = TokenCache()
    assert held(cache, ONE) is None
    put(cache, ONE, "a")
    assert held(cache, ONE) == "a"
    put(cache, ONE, "b")
    assert held(cache, ONE) == "b"
    assert held(cache, ONE, PUSH) is None
    put(cache, ONE, "c", PUSH)
    assert (held(cache, ONE), held(cache, ONE, PUSH)) == ("b", "c")
    assert held(cache, TWO) is None
    put(cache, TWO, "d")
    assert (held(cache, ONE), held(cache, TWO)) == ("b", "d")
    assert held(cache, ONE, PULL, "basic") is None


def test_cache_1_2_another_scheme_drops_the_tokens_of_that_host_alone():
    cache = TokenCache()
    put(cache, ONE, "a")
    put(cache, ONE, "b", PUSH)
    put(cache, TWO, "c")
    put(cache, ONE, "d", (), "basic")
    assert [held(cache, ONE), held(cache, ONE, PUSH), held(cache, ONE, (), "basic")] == [None, None, "d"]
    assert held(cache, TWO) == "c"


def test_cache_2_many_callers_of_many_keys_get_each_their_own():
    cache, fetched, lock = TokenCache(), [], threading.Lock()
    keys = [Key(host, "bearer", scopes) for host in (ONE, TWO) for scopes in (PULL, PUSH)]
    start = threading.Barrier(40, timeout=20)

    def want(key):
        def get():
            with lock:
                fetched.append(key)
            return Token.living(f"{key.host} {key.scopes}")

        start.wait()
        return cache.fetch(key, get).value == f"{key.host} {key.scopes}"

    with ThreadPoolExecutor(40) as pool:
        assert all(pool.map(want, keys * 10))
        assert sorted(fetched) == sorted(keys)
        assert all(pool.map(want, keys * 10))
    assert sorted(fetched) == sorted(keys)


def fly_together(cache, lead, callers=8):
    """Run one flight that ``lead`` steers, with callers who wait for it; return what each of them got."""
    key, begun, waiting = (
        Key(ONE, "bearer", PULL),
        threading.Event(),
        threading.Barrier(callers + 1, timeout=20),
    )

    def get():
        begun.set()
        waiting.wait()
        time.sleep(0.05)
        return lead()

    def outcome(get_token):
        try:
            return cache.fetch(key, get_token).value
        except BaseException as error:
            return type(error).__name__

    def wait():
        begun.wait(20)
        # They all want it before it is there: the flight does not end before the last of them is here.
        waiting.wait()
        return outcome(lambda: Token.living("fetched by one who waited"))

    with ThreadPoolExecutor(callers + 1) as pool:
        first = pool.submit(outcome, get)
        others = [pool.submit(wait) for _ in range(callers)]
        return first.result(20), {other.result(20) for other in others}


@pytest.mark.parametrize("cause", [KeyboardInterrupt, SystemExit, errors.DeadlineExceededError])
def test_cache_2_who_waits_for_one_that_gave_up_fetches(cause):
    def give_up():
        raise cause("stop")

    cache = TokenCache()
    first, others = fly_together(cache, give_up)
    assert first == cause.__name__
    assert others == {"fetched by one who waited"}
    assert held(cache, ONE) == "fetched by one who waited"


def test_cache_2_an_error_of_the_flight_is_everybodys_and_a_later_one_succeeds():
    cache, key = TokenCache(), Key(ONE, "bearer", PULL)
    begun, release = threading.Event(), threading.Event()

    def fail():
        begun.set()
        release.wait(20)
        raise errors.TokenError("no token")

    def joined():
        with pytest.raises(errors.TokenError):
            cache.fetch(key, fail)

    with ThreadPoolExecutor(2) as pool:
        lead = pool.submit(joined)
        begun.wait(20)
        other = pool.submit(joined)
        release.set()
        lead.result(20)
        other.result(20)
    assert cache.get(key) is None
    assert cache.fetch(key, lambda: Token.living("later")).value == "later"


def test_cache_2_nobody_waits_beyond_their_own_deadline():
    cache, key = TokenCache(), Key(ONE, "bearer", PULL)
    begun, release = threading.Event(), threading.Event()

    def slow():
        begun.set()
        release.wait(20)
        return Token.living("late")

    with ThreadPoolExecutor(1) as pool:
        lead = pool.submit(cache.fetch, key, slow)
        begun.wait(20)
        with clock.until(clock.Deadline.after(0.05)), pytest.raises(errors.DeadlineExceededError):
            cache.fetch(key, slow)
        release.set()
        assert lead.result(20).value == "late"


def test_cache_3_the_last_token_of_a_host_whatever_the_scope():
    cache = TokenCache(single_context=True)
    assert held(cache, ONE) is None
    put(cache, ONE, "a")
    assert (held(cache, ONE), held(cache, ONE, PUSH)) == ("a", "a")
    put(cache, ONE, "b", PUSH)
    assert (held(cache, ONE, PUSH), held(cache, ONE, ("other",))) == ("b", "b")
    assert held(cache, ONE) == "a", "the very scopes come first"
    assert held(cache, TWO) is None
    assert cache.scheme(ONE) == "bearer"
    assert cache.scheme(TWO) == ""


def test_cache_1_a_token_that_ends_is_not_used(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(token_cache.time, "monotonic", lambda: now[0])
    cache = TokenCache()
    put(cache, ONE, "a")
    now[0] += 54
    assert held(cache, ONE) == "a"
    now[0] += 2
    assert held(cache, ONE) is None


def test_cache_1_t16_a_cache_shows_and_pickles_no_token():
    cache = TokenCache(single_context=True)
    token = put(cache, ONE, "canary-token")
    assert "canary" not in repr(cache) + repr(token)
    copy = pickle.loads(pickle.dumps(cache))
    assert (len(copy._tokens), copy.single_context) == (0, True)
    with pytest.raises(errors.CredentialError):
        pickle.dumps(token)


def test_cache_1_the_oldest_makes_room(monkeypatch):
    monkeypatch.setattr(token_cache, "MAX_TOKENS", 3)
    cache = TokenCache()
    for n in range(5):
        put(cache, ONE, f"token {n}", scopes=(f"repository:{n}:pull",))
    assert [held(cache, ONE, (f"repository:{n}:pull",)) for n in range(5)] == [
        None,
        None,
        "token 2",
        "token 3",
        "token 4",
    ]
