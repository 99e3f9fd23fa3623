"""`kilter digest`: the mail of the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kilter.interfaces.cli.site import open_site, say
from kilter.interfaces.cli.words import Parser
from kilter.measure.error import BadInput, Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kilter.department.people.models import Person
    from kilter.department.status.digest import Part


def digest(words: list[str]) -> int:
    """Send each person who gave an address the digest of today, once a day; nothing where nothing is to say.

    Raises:
        BadInput: mail is not configured; nothing is sent then.
        Fault: the mail server did not take some of them; those are sent at the next call.
    """
    parser = Parser(
        "digest", "Send each person the mail of the day. Call it daily; a second call sends nothing."
    )
    parser.add_argument("--show", action="store_true", help="print what would be sent, and send nothing")
    parser.add_argument("--json", action="store_true")
    options = parser.read(words)
    open_site()
    from django.conf import settings

    from kilter.department.status.digest import digest_of, receivers

    people = [(person, digest_of(person)) for person in receivers()]
    if options.show:
        for person, parts in people:
            print(f"{person.display_name}\n{_text(parts)}")
        return 0
    if not settings.KILTER.mail_server:
        raise BadInput("mail_server: mail is not configured; nothing was sent", field="mail_server")
    sent, failed = _send(people)
    if options.json:
        say({"sent": sent, "failed": failed, "people": len(people)})
    else:
        print(f"{sent} sent")
    if failed:
        raise Fault(f"the mail server did not take {failed} of them; the next call sends those")
    return 0


def _send(people: Sequence[tuple[Person, Sequence[Part]]]) -> tuple[int, int]:
    """Send what is not empty and was not sent today; give how many went and how many did not."""
    from django.conf import settings
    from django.core.mail import send_mail

    from kilter.department.schedule.site import today
    from kilter.department.status.digest import claim

    sent = failed = 0
    subject = f"{settings.KILTER.department}: {today().isoformat()}"
    for person, parts in people:
        claimed = claim(person, today()) if parts else None
        if claimed is None:
            continue
        try:
            send_mail(subject, _text(parts), None, [person.email])
            sent += 1
        except OSError:  # smtplib's errors among them
            claimed.delete()
            failed += 1
    return sent, failed


def _text(parts: Sequence[Part]) -> str:
    blocks = ["\n".join([part.heading, *(f"  {line}" for line in part.lines)]) for part in parts]
    return "\n\n".join(blocks) + "\n"
