"""The page of rules is the one that the names of the tests make."""

import importlib.util
from pathlib import Path

spec = importlib.util.spec_from_file_location("rules_page", Path(__file__).with_name("rules.py"))
rules_page = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rules_page)


def test_tests_name_only_rules_that_exist():
    known = {rule["id"] for rule in rules_page.rules()}
    assert sorted(set(rules_page.tests_by_rule()) - known) == []


def test_the_page_is_up_to_date():
    assert rules_page.PAGE.read_text("utf-8") == rules_page.page(), "run: python tests/docs/rules.py"


def test_ids_are_read_from_names():
    prefixes = ["PUSH", "PAGE", "REF", "REFR"]
    assert rules_page.rules_in("test_push_7_wrong", prefixes) == {"PUSH-7"}
    assert rules_page.rules_in("test_page_5_6_links", prefixes) == {"PAGE-5", "PAGE-6"}
    assert rules_page.rules_in("test_refr_3_and_ref_7_t15", prefixes) == {"REFR-3", "REF-7"}
    assert rules_page.rules_in("test_homepage_2", prefixes) == set()
