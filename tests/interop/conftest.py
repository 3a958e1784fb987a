"""What a test came to, known to its own fixtures."""

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.when == "call" or report.skipped:
        item.outcome = report.outcome
    return report
