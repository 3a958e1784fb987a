"""Registries and repositories over a real socket: what they cost, what their cards tell and hide."""

from __future__ import annotations

import copy
import pickle
import traceback
import warnings
from collections.abc import Iterator

import pytest
from support.markup_oracle import PAYLOADS, assert_safe
from support.supply_chain import SupplyChain, demo

from regexplore.content.memory import MemoryStore
from regexplore.errors import (
    ConnectError,
    InvalidReferenceError,
    NotFoundError,
    TransportError,
    UnauthorizedError,
)
from regexplore.objects.getting import get
from regexplore.objects.index import Index
from regexplore.objects.meter import Meter, meter_of
from regexplore.objects.registry import Registry
from regexplore.objects.repository import Repository
from regexplore.objects.sandbox import Sandbox
from regexplore.objects.tracing import trace
from regexplore.oci import Reference, media_types
from regexplore.remote.auth.client import AuthClient
from regexplore.remote.credentials.credential import Credential
from regexplore.remote.options import RepositoryOptions
from regexplore.remote.transport import Transport
from regexplore.remote.warning import RegistryWarning, WarningValue

CANARY = "canary-7f3a"


def fill(sandbox: Sandbox, content: MemoryStore, repository: str = "demo/app") -> None:
    """Put everything of a store into a repository, without requests."""
    names: dict[str, list[str]] = {}
    for page in content.tag_pages():
        for tag in page:
            names.setdefault(content.resolve(tag).digest, []).append(tag)
    for descriptor, raw in content._content.values():
        if media_types.is_manifest(descriptor.media_type):
            sandbox.store.put_manifest(
                repository, descriptor.media_type, raw, tags=names.get(descriptor.digest, ())
            )
        else:
            sandbox.store.put_blob(repository, descriptor.digest, raw)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        fill(running, demo())
        yield running


def test_repositories_as_a_frame(sandbox: Sandbox) -> None:
    chain = SupplyChain()
    chain.store.tag(chain.image("linux/amd64", [chain.layer()]), "v1.9")
    chain.store.tag(chain.image("linux/arm64", [chain.layer()]), "v1.10")
    fill(sandbox, chain.store, "team/tool")
    frame = sandbox.registry.repositories()
    assert frame["repository"].tolist() == ["demo/app", "team/tool"]
    assert frame.attrs["requests"] == 1
    assert sandbox.registry.repositories(match="team/*")["repository"].tolist() == ["team/tool"]
    detail = sandbox.registry.repositories(detail=True).set_index("repository")
    assert detail.loc["team/tool", ["tags", "latest"]].tolist() == [2, "v1.10"]
    assert detail.loc["demo/app", "latest"] == "latest"
    assert detail["error"].isna().all()
    assert detail.attrs["requests"] == 1 + 2 + 2 + 1


def test_an_empty_registry_is_an_empty_typed_frame() -> None:
    with Sandbox() as empty:
        for detail in (False, True):
            frame = empty.registry.repositories(detail=detail)
            assert frame.empty
            assert str(frame["repository"].dtype) == "string"
            assert frame.attrs["complete"]


def test_tags_with_detail_count_their_requests(sandbox: Sandbox) -> None:
    before = len(sandbox.log)
    frame = sandbox.registry["demo/app"].tags(detail=True)
    assert frame["error"].isna().all()
    assert frame.attrs["requests"] == len(sandbox.log) - before
    assert frame.attrs["requests"] == 1 + len(frame) + frame["artifact_type"].eq(media_types.OCI_CONFIG).sum()


def test_referrers_tell_their_channel(sandbox: Sandbox) -> None:
    repository = sandbox.registry["demo/app"]
    assert "not known yet" in str(repository)
    frame = repository["v1.2"].referrers(recursive=True)
    assert set(frame["channel"]) == {"referrers API", "index"}
    assert "referrers API" in str(repository)


def test_referrers_by_tag_schema_tell_their_channel() -> None:
    with Sandbox(profile="distribution-2.8") as old:
        chain = SupplyChain()
        image = chain.image("linux/amd64", [chain.layer()])
        chain.store.tag(image, "v1")
        sbom = chain.sbom(image)
        entry = sbom.to_json() | {"artifactType": "application/spdx+json"}
        index = chain.store.add_document(media_types.OCI_INDEX, {"manifests": [entry]})
        chain.store.tag(index, str(image.digest).replace(":", "-"))
        fill(old, chain.store)
        frame = old.registry["demo/app"]["v1"].referrers()
        assert frame["digest"].tolist() == [sbom.digest]
        assert frame["channel"].tolist() == ["referrers tag"]


def test_f15_cards_ask_nothing_and_survive_the_end_of_the_registry(sandbox: Sandbox) -> None:
    registry = sandbox.registry
    repository = registry["demo/app"]
    index = repository["v1.2"]
    shown = [sandbox, registry, repository, index, sandbox.log]
    before = len(sandbox.log)
    for one in shown:
        assert_safe(one._repr_mimebundle_())
        repr(one)
        str(one)
        dir(one)
    registry._ipython_key_completions_()
    repository._ipython_key_completions_()
    assert len(sandbox.log) == before
    sandbox.stop()
    for one in shown:
        assert "cannot be shown" not in str(one)
    with pytest.raises(TransportError):
        Repository(f"{sandbox.host}/demo/app", client=Transport(retries=0)).tags()


def test_f22_completion_of_repositories(sandbox: Sandbox) -> None:
    assert sandbox.registry._ipython_key_completions_() == []
    sandbox.registry.repositories()
    assert sandbox.registry._ipython_key_completions_() == ["demo/app"]


def test_a_registry_gives_the_same_repository_each_time(sandbox: Sandbox) -> None:
    registry = sandbox.registry
    assert registry.repository("demo/app") is registry["demo/app"]
    assert meter_of(registry.options) is meter_of(registry["demo/app"].options)
    with pytest.raises(InvalidReferenceError):
        registry.repository("Not/A/Name")


def test_full_references_are_read_and_foreign_ones_refused(sandbox: Sandbox) -> None:
    repository = sandbox.registry["demo/app"]
    digest = repository["v1.2"].digest
    assert repository.get(f"{sandbox.host}/demo/app:v1.2").digest == digest
    assert repository.get(f"v1.2@{digest}").digest == digest
    with pytest.raises(InvalidReferenceError):
        repository.get("other.example/demo/app:v1.2")
    with pytest.raises(NotFoundError):
        repository.get("nothing")


def test_one_step_get(sandbox: Sandbox) -> None:
    assert isinstance(get(f"{sandbox.host}/demo/app"), Index)
    assert get(f"{sandbox.host}/demo/app:chart-0.3.0").kind == "artifact"
    with (
        pytest.warns(UserWarning, match=r"alpine was read as docker\.io/library/alpine"),
        pytest.raises(ConnectError),
    ):
        get("alpine", client=_Refusing())


class _Refusing:
    def send(self, request: object, **kwargs: object) -> object:
        raise ConnectError("no network in tests")


def test_a_trace_sees_what_the_registry_sees(sandbox: Sandbox) -> None:
    before = len(sandbox.log)
    with trace() as wire:
        sandbox.registry["demo/app"].tags(detail=True)
    assert len(wire) == len(sandbox.log) - before
    assert set(wire.frame()["status"]) == {200}
    assert wire.frame()["received"].gt(0).all()


def test_the_log_as_a_frame(sandbox: Sandbox) -> None:
    sandbox.registry["demo/app"].tags()
    frame = sandbox.log.frame()
    assert frame["path"].tolist() == ["/v2/demo/app/tags/list"]
    assert str(frame["time"].dtype) == "datetime64[us, UTC]"
    assert "/v2/demo/app/tags/list" in str(sandbox.log)
    assert len(sandbox.log) == 1


# ---- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("auth", ["basic", "token"])
def test_t16_no_secret_in_cards_traces_frames_errors_or_pickles(auth: str) -> None:
    with Sandbox(auth=auth, users={"ada": CANARY}) as closed:
        fill(closed, demo())
        registry = closed.registry
        with trace() as wire:
            repository = registry["demo/app"]
            frame = repository.tags(detail=True)
            index = repository["v1.2"]
        assert "user ada" in str(registry)
        shown = [closed, registry, repository, index, wire, closed.log]
        texts = [text for one in shown for text in (repr(one), *one._repr_mimebundle_().values())]
        texts += [
            str(frame.attrs),
            wire.frame().to_csv(),
            closed.log.frame().to_csv(),
            wire.diagram(),
            str(vars(meter_of(registry.options))),
        ]
        tokens = {header for event in wire.events for header in event.request_headers.values()}
        assert CANARY not in "".join([*texts, *tokens])


def test_t16_no_secret_in_the_traceback_of_a_refusal() -> None:
    with Sandbox(auth="basic", users={"ada": "right"}) as closed:
        client = AuthClient(Transport(), credentials=lambda _: Credential("ada", CANARY))
        repository = Repository(f"{closed.host}/demo/app", options=RepositoryOptions(client=client))
        with pytest.raises(UnauthorizedError) as caught:
            repository.tags()
        assert CANARY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(
            repository
        )


def test_f1_the_card_says_who_one_is() -> None:
    with Sandbox() as open_to_all:
        registry = open_to_all.registry
        assert "nothing sent yet" in str(registry)
        registry.ping()
        assert "anonymous so far" in str(registry)
        assert "requests to this registry so far  1" in str(registry)


# ---- what is carried along -------------------------------------------------------------------------


def test_repositories_can_be_pickled_and_copied(sandbox: Sandbox) -> None:
    repository = Repository(f"{sandbox.host}/demo/app")
    repository.tags()
    other = pickle.loads(pickle.dumps(repository))
    assert other._source.tags_seen() == []
    assert other.tags().equals(repository.tags())
    assert copy.copy(repository).reference == repository.reference
    registry = pickle.loads(pickle.dumps(Registry(sandbox.host)))
    assert registry.repositories()["repository"].tolist() == ["demo/app"]


def test_options_by_name() -> None:
    repository = Repository("registry.example/demo/app", plain_http=True, tag_list_page_size=7)
    assert repository.options.tag_list_page_size == 7
    assert "http://registry.example" in str(repository)
    assert Registry("registry.example", repository_list_page_size=3).options.repository_list_page_size == 3
    with pytest.raises(TypeError):
        Registry("registry.example", nonsense=1)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_t1_t9_warnings_of_a_registry_are_text(payload: str) -> None:
    repository = Repository("registry.example/demo/app")
    told: list[RegistryWarning] = []
    warning = RegistryWarning(WarningValue(text=payload), Reference("registry.example", "demo/app"))
    meter_of(repository.options).heard(warning, told.append)
    assert told == [warning]
    assert_safe(repository._repr_mimebundle_())
    assert "the registry warns" in str(repository)


def test_warnings_heard_in_worker_threads_are_told_in_the_callers(sandbox: Sandbox) -> None:
    import threading

    meter, told = Meter(), list[str]()
    warning = RegistryWarning(WarningValue(text="soon gone"), Reference("registry.example"))

    def tell(_: RegistryWarning) -> None:
        told.append(threading.current_thread().name)

    worker = threading.Thread(target=meter.heard, args=(warning, tell), name="regexplore_3")
    worker.start()
    worker.join()
    assert told == []
    meter.tell_held(tell)
    meter.tell_held(tell)
    assert told == [threading.current_thread().name]


def test_warnings_are_pythons_unless_handled() -> None:
    repository = Repository("registry.example/demo/app")
    handle = repository.options.handle_warning
    assert handle is not None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        handle(RegistryWarning(WarningValue(text="soon gone"), Reference("registry.example")))
    assert [str(one.message) for one in caught] == ["registry.example: 'soon gone'"]
