"""Analyses of files, kept: what a file shows is found once, and again where file or analysis is another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from django.db import DatabaseError, transaction

from kilter.department.ledger import files
from kilter.department.records.models import KeptAnalysis
from kilter.measure.history import Analysis, History
from kilter.measure.quantity import File
from kilter.measure.registry import find


def analyses(
    procedure: str, history: History, given: Mapping[str, str], most: int
) -> tuple[dict[str, Analysis], set[str]]:
    """Give what files show: what is kept of them, and of some others what is found now and kept.

    Args:
        procedure: key.
        history: how its files are analysed.
        given: names of the files by digest, the most wanted first.
        most: files that are analysed now at most.

    Returns:
        Analyses by digest, and the digests of files that cannot be read or are not what was stored. Of files
        that are in neither, nothing is kept yet.
    """
    version = f"{find(procedure).version}.{history.version}"
    rows = KeptAnalysis.objects.filter(sha256__in=list(given), procedure=procedure, version=version)
    known = {row.sha256: Analysis(row.part, row.values) for row in rows}
    missing = {sha256: name for sha256, name in given.items() if sha256 not in known}
    lost: set[str] = set()
    found = dict(_found(history, missing, most, lost)) if missing else {}
    if found:
        with suppress(DatabaseError):  # a page is shown also where nothing can be kept
            _keep(procedure, version, found)
    return known | found, lost


def _found(
    history: History, missing: Mapping[str, str], most: int, lost: set[str]
) -> Iterator[tuple[str, Analysis]]:
    """Analyse up to a number of files that can be read; those that cannot are put among the lost."""
    for sha256, content in files.read_each(missing):
        if content is None:
            lost.add(sha256)
            continue
        yield sha256, history.analyse(File(missing[sha256], content))
        most -= 1
        if most < 1:
            return


@transaction.atomic
def _keep(procedure: str, version: str, found: Mapping[str, Analysis]) -> None:
    """Keep what was found, and let go of what other versions found in the same files."""
    same = KeptAnalysis.objects.filter(sha256__in=list(found), procedure=procedure)
    same.exclude(version=version).delete()
    KeptAnalysis.objects.bulk_create(
        [
            KeptAnalysis(
                sha256=sha256, procedure=procedure, version=version, part=one.part[:80], values=one.values
            )
            for sha256, one in found.items()
        ],
        ignore_conflicts=True,  # another page may have found the same at the same time
    )


def unreadable(digests: Sequence[str]) -> set[str]:
    """Say which files cannot be read or are no longer what was stored: each is hashed again."""
    return {sha256 for sha256, content in files.read_each(digests) if content is None}
