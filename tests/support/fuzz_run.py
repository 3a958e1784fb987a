"""Fuzzing by coverage, with atheris: ``python tests/support/fuzz_run.py FOLDER SECONDS SEED NAME...``.

libFuzzer ends the process when it is done, so each run has one of its own. The first byte of an input picks the
target among those that were named. What is found is written to FOLDER; keep it, without that byte, under
``tests/fuzz/corpus/NAME``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.address_space import bounded

with atheris.instrument_imports(include=["regexplore"]):
    from support.fuzz_targets import targets


def main() -> None:
    """Run until the time is over, or something is found."""
    folder, seconds, seed, names = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
    chosen = [targets()[name] for name in names]
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, target in enumerate(chosen):
        for place, sound in enumerate(target.seeds):
            (corpus / f"{number:03}-{place:03}").write_bytes(bytes([number]) + sound)

    def feed(raw: bytes) -> None:
        if raw:
            chosen[raw[0] % len(chosen)](raw[1:])

    bounded()
    options = [
        f"-max_total_time={seconds}",
        f"-seed={seed}",
        "-timeout=20",
        "-rss_limit_mb=1024",
        "-max_len=8192",
        "-verbosity=0",
    ]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
