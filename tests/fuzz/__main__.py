"""Look for what breaks a law, guided by what code is reached: needs atheris.

``python -m fuzz TARGET [SECONDS]``, in `tests/`. What is reached is kept in `build/fuzz/TARGET`,
what breaks the law beside it, as `crash-…`.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import atheris

#: What is imported when it is needed would not be watched.
ROOMS = ("arc", "examine", "fmt", "importer", "kinds", "markdown", "rules", "source")

with atheris.instrument_imports(include=["ankibuild", "markdown", "yaml", "html"]):
    from fuzz.seeds import ROOT, SIGNS
    from fuzz.targets import TARGETS, Target

    for room in map(importlib.import_module, (f"ankibuild.{name}" for name in ROOMS)):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)


def lay_down(target: Target, folder: Path) -> Path:
    """Write the seeds and the dictionary; give the folder of the former."""
    seeds = folder / target.name
    seeds.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate((*target.seeds(), *(p.read_bytes() for p in target.found))):
        (seeds / f"seed-{number}").write_bytes(seed)
    quoted = ("".join(f"\\x{byte:02x}" for byte in token.encode()) for token in SIGNS)
    (folder / "tokens.txt").write_text("".join(f'"{token}"\n' for token in quoted), "utf-8")
    return seeds


def main(name: str, seconds: str = "600") -> None:
    """Fuzz one target."""
    target, folder = TARGETS[name], ROOT / "build/fuzz"
    seeds = lay_down(target, folder)
    options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=2000", "-max_len=6000"]
    files = [f"-dict={folder / 'tokens.txt'}", f"-artifact_prefix={folder / name}-"]
    atheris.Setup([sys.argv[0], *options, *files, str(seeds)], target.law)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
