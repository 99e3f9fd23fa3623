"""One's own calendar and daily digest: the feed's address made and revoked, and the feed itself."""

from __future__ import annotations

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from kilter.department.ledger import clock
from kilter.department.people import actions
from kilter.department.people.feeds import feed_of, feed_person
from kilter.department.schedule.agenda import Entry, agenda
from kilter.formats.calendar_writer import MEDIA_TYPE, Event, write_calendar
from kilter.interfaces.web.asked import Asked, asked_page, text
from kilter.interfaces.web.page import open_to_all, person_of, show, signed_in
from kilter.measure.error import KilterError, NotFound

CRUMB = {"text": "My account", "href": "/me/"}


@require_GET
@never_cache
@open_to_all
def feed(request: HttpRequest) -> HttpResponse:
    """Give the calendar of whom the key in the query belongs to; a query never gets into the log."""
    person = feed_person(request.GET.get("key", ""))
    if person is None:
        raise NotFound("there is no such calendar")
    events = [_event(one, request) for one in agenda(person)]
    name = f"{settings.KILTER.department}: {person.display_name}"
    answer = HttpResponse(write_calendar(name, events, clock.now()), content_type=MEDIA_TYPE)
    answer["Content-Disposition"] = 'inline; filename="kilter.ics"'
    return answer


def _event(one: Entry, request: HttpRequest) -> Event:
    return Event(
        uid=f"{one.kind}-{one.uuid}@kilter",
        starts=one.starts,
        ends=one.ends,
        summary=f"{one.title}: {one.device.model} {one.device.asset}",
        location=one.place,
        description=one.detail,
        url=request.build_absolute_uri(one.path),
    )


@require_http_methods(["GET", "POST"])
@signed_in
@never_cache
def own(request: HttpRequest) -> HttpResponse:
    """Make or revoke the address of one's own calendar; a new one is shown this once."""
    person, faults, address = person_of(request), [], ""
    if request.method == "POST":
        try:
            if request.POST.get("verb") == "revoke":
                actions.revoke_feed(by=person)
            else:
                made = actions.create_feed(by=person)
                address = request.build_absolute_uri(f"/calendar.ics?key={made.secret}")
        except KilterError as error:
            faults = [{"field": "", "message": error.message}]
    return show(
        request,
        "calendar.html",
        422 if faults else 200,
        title="My calendar",
        crumb=CRUMB,
        address=address,
        since=feed_of(person),
        form={"action": "/me/calendar/"},
        faults=faults,
    )


@require_http_methods(["GET", "POST"])
@signed_in
def email(request: HttpRequest) -> HttpResponse:
    """Say where one's own daily digest goes."""

    def carry_out(given: Mapping[str, str]) -> str:
        actions.set_email(by=person_of(request), email=given["email"])
        return "/me/"

    hint = "Empty for no digest. It names devices and tests, and no patient."
    form = Asked("Daily digest", (text("email", "E-mail", needed=False, hint=hint),), carry_out)
    return asked_page(request, form, crumb=CRUMB)
