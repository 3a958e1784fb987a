"""The lessons on registries that are not ours: one cell is changed, and nothing else."""

import json

import pytest
from support import lessons

import regexplore as rx

pytestmark = [pytest.mark.interop, pytest.mark.slow, pytest.mark.xdist_group("debian")]

PORTABLE = [
    path for path in lessons.LESSONS if path.name[:2] in {"01", "02", "03", "04", "05", "06", "07", "11"}
]
BESIDE = [path for path in lessons.LESSONS if path.name[:2] in {"08", "10"}]
each_lesson = pytest.mark.parametrize("path", PORTABLE, ids=lambda path: path.stem)


@pytest.fixture(scope="session")
def debian_index(debian_repository):
    """An index over two real images, in docker-registry; ``host/repository`` with the tags v1, v2 and both."""
    repo = rx.Repository(debian_repository)
    entries = [
        {**repo.resolve(tag).to_json(), "platform": {"os": "linux", "architecture": "amd64", **more}}
        for tag, more in (("v2", {}), ("v1", {"variant": "v2"}))
    ]
    content = json.dumps(
        {"schemaVersion": 2, "mediaType": rx.media_types.OCI_INDEX, "manifests": entries}
    ).encode()
    repo.push_reference(rx.Descriptor.from_bytes(rx.media_types.OCI_INDEX, content), content, "both")
    return debian_repository


@pytest.fixture(scope="session")
def demo_in_go(go_registry):
    """The demo's application with all that refers to it, in the Go registry."""
    with rx.Sandbox.demo() as sandbox:
        app = sandbox.registry.repository("demo/app")
        target = rx.Repository(f"{go_registry}/demo/app")
        for tag in ("v1.1", "v1.2"):
            rx.copy(app, tag, target, referrers=True, progress=None)
    return go_registry


@pytest.fixture(autouse=True)
def no_demo(monkeypatch, request):
    """The changed cell is obeyed: no lesson starts the demo beside the registry that was named."""
    if "demo_in_go" in request.fixturenames:
        request.getfixturevalue("demo_in_go")

    def refused(*_, **__):
        raise AssertionError("the lesson started the demo")

    monkeypatch.setattr(rx.Sandbox, "demo", refused)


@each_lesson
def test_in_docker_registry_with_a_real_image(path, debian_index):
    host, _, name = debian_index.partition("/")
    solved(
        path,
        registry_name=host,
        repository_name=name,
        tag="both" if path.name.startswith("04") else "v2",
        older_tag="v1",
        old_version="v1",
        new_version="v2",
    )


@each_lesson
def test_in_the_go_registry_with_a_copy_of_the_demo(path, demo_in_go):
    solved(path, registry_name=demo_in_go)


@pytest.mark.parametrize("path", BESIDE, ids=lambda path: path.stem)
def test_lessons_with_parts_of_the_demo_only_go_through_without_them(path, demo_in_go):
    solved(path, registry_name=demo_in_go)


def solved(path, **changed):
    for states in lessons.work_through(path, **changed):
        assert states == {"open": "your turn", "wrong": "not yet", "solved": "right"}
