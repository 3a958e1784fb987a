"""The page of threats is the one that the table, the code and the names of the tests make."""

import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("threats_page", Path(__file__).with_name("threats.py"))
threats_page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(threats_page)
IDS = [threat["id"] for threat in threats_page.threats()]


def test_there_are_forty_and_each_has_a_test():
    assert [f"T{n}" for n in range(1, 41)] == IDS
    assert [name for name in IDS if not threats_page.tests_by_threat()[name]] == []
    assert set(threats_page.tests_by_threat()) <= set(IDS)


def test_where_a_defence_lives_is_there():
    package = threats_page.ROOT / "regexplore"
    for threat in threats_page.threats():
        assert threat["where"].split()
        assert [place for place in threat["where"].split() if not (package / place).exists()] == [], threat[
            "id"
        ]


def test_each_group_has_its_file_with_tests_of_its_threats():
    for group, (_, file) in threats_page.GROUPS.items():
        named = {
            number
            for name in threats_page.test_names(threats_page.ROOT / file)
            for number in threats_page.threats_in(name)
        }
        assert named <= {threat["id"] for threat in threats_page.threats() if threat["group"] == group}
        assert named


def test_the_page_is_up_to_date():
    assert threats_page.PAGE.read_text("utf-8") == threats_page.page(), "run: python tests/docs/threats.py"
