"""Would a test notice? Changes one small thing at a time in a copy of the sources, and runs the tests on it.

    .venv/bin/python tools/mutants.py --tests tests/measure --sample 100 --seed 1 src/kilter/measure/judge.py

A change that no test notices is a *survivor*: either a test is missing, or the change makes no
difference that anybody could see. The score is the share that was noticed. The tree itself is never
written to: every worker has a copy under the temporary folder. Hypothesis draws the same examples each
time (CI=1), so that the same seed gives the same answer.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue

LEFT = shutil.ignore_patterns(".git", ".venv", "var", ".oracle", ".*_cache", ".hypothesis", "__pycache__")
PAIRS: tuple[tuple[type[ast.AST], type[ast.AST]], ...] = (
    (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn),
    (ast.And, ast.Or), (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.BitAnd, ast.BitOr),
)  # fmt: skip
SWAPS = {**dict(PAIRS), **{b: a for a, b in PAIRS}}
SIMPLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Return, ast.Continue, ast.Break, ast.Delete)


@dataclass(frozen=True, order=True)
class Mutant:
    """One change: bytes `start` to `end` of a file become `text`."""

    path: Path
    line: int
    start: int
    end: int
    text: str
    was: str

    def __str__(self) -> str:
        """Write it on one line."""
        was, now = (" ".join(text.split())[:100] for text in (self.was, self.text))
        return f"{self.path}:{self.line}: {was}  ->  {now}"


def mutants_of(path: Path, source: bytes) -> list[Mutant]:
    """List every mutant of a file, in order."""
    starts = [0]
    for row in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(row))
    found = set()
    for node, text in _changes(ast.parse(source)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        found.add(Mutant(path, node.lineno, start, end, text, source[start:end].decode()))
    return sorted(found)


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Give each node that can be changed, with what stands in its place."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list") or isinstance(node, ast.JoinedStr):
            continue  # a type is the type checker's; positions inside an f-string are not told by Python 3.11
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.expr):
                yield from ((child, f"({text})") for text in _of_expression(child))
            elif isinstance(child, ast.stmt):
                yield from ((child, text) for text in _of_statement(child, within=node))
            if isinstance(child, ast.AST):
                yield from _changes(child)


def _of_expression(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Compare():
            for place, operator in enumerate(node.ops):
                if type(operator) in SWAPS:
                    other = copy.deepcopy(node)
                    other.ops[place] = SWAPS[type(operator)]()  # type: ignore[call-overload]
                    yield ast.unparse(other)
        case ast.BoolOp() | ast.BinOp() if type(node.op) in SWAPS:
            other = copy.deepcopy(node)
            other.op = SWAPS[type(node.op)]()
            yield ast.unparse(other)
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield ast.unparse(node.operand)
        case ast.Constant(value=bool()):
            yield repr(not node.value)
        case ast.Constant(value=int() | float()):
            yield repr(node.value + 1)


def _of_statement(node: ast.stmt, *, within: ast.AST) -> Iterator[str]:
    match node:
        case ast.Raise():
            yield "pass"
        case ast.AugAssign() if type(node.op) in SWAPS:
            other = copy.deepcopy(node)
            other.op = SWAPS[type(node.op)]()
            yield ast.unparse(other)
        case ast.Return(value=ast.Compare() | ast.BoolOp() as value):
            yield f"return not ({ast.unparse(value)})"
    call = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if call or (isinstance(node, SIMPLE) and isinstance(within, ast.If | ast.With | ast.For)):
        yield "pass"


def passes(folder: Path, tests: list[str], limit: float | None = None) -> bool:
    """Say whether the tests of a copy pass, within so many seconds."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--tb=no"]
    command = [sys.executable, "-m", "pytest", *options, *tests]
    paths = os.pathsep.join([str(folder / "src"), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "CI": "1", "PYTHONPATH": paths}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    with subprocess.Popen(command, cwd=folder, env=environment, **quiet) as running:  # type: ignore[call-overload]
        try:
            return running.wait(limit) == 0
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            return False


def survives(free: SimpleQueue[Path], tests: list[str], limit: float, mutant: Mutant) -> bool:
    """Say whether no test notices a mutant in one of the free copies, which is as before afterwards."""
    folder = free.get()
    file = folder / mutant.path
    source = file.read_bytes()
    try:
        _write(file, source[: mutant.start] + mutant.text.encode() + source[mutant.end :])
        return passes(folder, tests, limit)
    finally:
        _write(file, source)
        free.put(folder)


def _write(file: Path, source: bytes) -> None:
    """Write a module and drop what was compiled, which is told from its source by second and size alone."""
    file.write_bytes(source)
    Path(importlib.util.cache_from_source(str(file))).unlink(missing_ok=True)


def survivors(root: Path, chosen: list[Mutant], tests: list[str], *, jobs: int = 1) -> list[Mutant]:
    """Run the tests on every mutant and give those that no test noticed.

    Raises:
        SystemExit: the tests fail on the sources as they are, so that they could tell nothing.
    """
    kept = []
    with tempfile.TemporaryDirectory(prefix="mutants-") as above, ThreadPoolExecutor(jobs) as pool:
        free: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            free.put(folder := Path(shutil.copytree(root, Path(above) / str(number), ignore=LEFT)))
        began = time.monotonic()
        if not passes(folder, tests):
            raise SystemExit("the tests do not pass on the sources as they are")
        limit = 3 * (time.monotonic() - began) + 10
        for mutant, alive in zip(
            chosen, pool.map(partial(survives, free, tests, limit), chosen), strict=True
        ):
            if alive:
                kept.append(mutant)
                print(mutant, flush=True)
    return kept


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and print survivors and score."""
    parser = argparse.ArgumentParser(description="Change one thing at a time; would a test notice?")
    parser.add_argument("modules", nargs="+", help="files below the root; FILE:LINE for one line")
    parser.add_argument("--tests", nargs="+", required=True, help="what pytest is given")
    parser.add_argument("--sample", type=int, default=0, help="so many mutants, drawn; all by default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="copies at work at once")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    asked = parser.parse_args(arguments)
    found: list[Mutant] = []
    for name, _, line in (module.partition(":") for module in asked.modules):
        every = mutants_of(Path(name), (asked.root / name).read_bytes())
        found += [one for one in every if not line or one.line == int(line)]
    many = asked.sample if 0 < asked.sample < len(found) else len(found)
    chosen = sorted(random.Random(asked.seed).sample(found, many))
    noticed = len(chosen) - len(survivors(asked.root, chosen, asked.tests, jobs=asked.jobs))
    print(f"{noticed} of {len(chosen)} noticed ({noticed / max(1, many):.0%}), seed {asked.seed}")


if __name__ == "__main__":
    main()
