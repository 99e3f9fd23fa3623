"""The demo's worker: carries out what waits in the outbox and what time alone has changed."""

from __future__ import annotations

import os
import signal
import threading


def main() -> None:
    """Drain until told to stop; ends as well when the process that started it is gone."""
    import django

    django.setup()
    from kilter.department import reactions
    from kilter.department.ledger import outbox
    from kilter.department.status import queries as status

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    parent = os.getppid()
    while not stop.is_set() and os.getppid() == parent:
        handled = outbox.drain(reactions.HANDLERS).handled
        refreshed = status.refresh_stale()
        stop.wait(0.2 if handled or refreshed else 2.0)


if __name__ == "__main__":
    main()
