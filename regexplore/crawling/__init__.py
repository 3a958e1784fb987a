"""Whole registries, a repository at a time: on threads, on an executor, on a Dask cluster.

`regexplore.crawling.job` is the unit of work, which travels; `regexplore.crawling.crawler` hands the units out and
gathers what comes back; `regexplore.crawling.part_files` is the folder where it stays.
"""

from __future__ import annotations

from regexplore.crawling.crawl_result import Crawl
from regexplore.crawling.crawler import crawl
from regexplore.crawling.lazy_frame import crawl_lazily

__all__ = ["Crawl", "crawl", "crawl_lazily"]
