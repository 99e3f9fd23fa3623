"""The mail of the day: once, only where mail is configured, and without what somebody typed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.department.schedule.test_agenda import all_kinds
from tests.interfaces.cli.test_refusals import refused
from tests.shop import shop as shop

from kilter.department.ledger import clock
from kilter.department.people import actions as people
from kilter.department.people.models import DigestSent
from kilter.department.status.digest import digest_of, receivers
from kilter.interfaces.cli import digest
from kilter.interfaces.cli.main import main

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail(shop: Any, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The shop with mail configured, and the engineer who wants a digest."""
    monkeypatch.setattr(digest, "open_site", lambda **_: None)
    settings.KILTER = replace(settings.KILTER, mail_server="mail.example:25", mail_from="kilter@mail.example")
    people.set_email(by=shop.engineer, email="eve@hospital.example")
    return shop


def test_nothing_is_sent_without_configuration(
    mail: Any, settings: Any, mailoutbox: Any, capsys: Any
) -> None:
    all_kinds(mail)
    settings.KILTER = replace(settings.KILTER, mail_server="")
    assert "not configured; nothing was sent" in refused(capsys, "digest")
    assert main(["digest", "--show"]) == 0
    assert "Reported fault" in capsys.readouterr().out
    assert not mailoutbox
    assert not DigestSent.objects.exists()


def test_a_digest_is_sent_once_a_day(mail: Any, mailoutbox: Any, capsys: Any) -> None:
    all_kinds(mail)
    assert main(["digest"]) == 0
    assert main(["digest"]) == 0
    assert capsys.readouterr().out == "1 sent\n0 sent\n"
    (letter,) = mailoutbox
    assert letter.to == ["eve@hospital.example"]
    assert "Due within a week" in letter.body
    assert "Infusa 3 ME0001" in letter.body
    assert "Bloggs" not in letter.body + letter.subject
    with clock.at(clock.now() + timedelta(days=1)):
        assert main(["digest", "--json"]) == 0
    assert '"sent": 1' in capsys.readouterr().out


def test_nobody_is_written_to_about_nothing(mail: Any, mailoutbox: Any, capsys: Any) -> None:
    assert digest_of(mail.engineer) == []
    assert main(["digest"]) == 0
    assert (capsys.readouterr().out, mailoutbox) == ("0 sent\n", [])


def test_what_the_server_did_not_take_is_sent_at_the_next_call(
    mail: Any, mailoutbox: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_kinds(mail)

    def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as shut:
        shut.setattr("django.core.mail.send_mail", refuse)
        assert main(["digest"]) == 4
    assert not DigestSent.objects.exists()
    assert main(["digest"]) == 0
    assert len(mailoutbox) == 1
    assert "1 sent" in capsys.readouterr().out


def test_what_is_late_and_what_waits_for_a_signature(mail: Any) -> None:
    all_kinds(mail)
    draft = mail.draft()
    with clock.at(clock.now() + timedelta(days=60)):
        parts = {part.heading: part.lines for part in digest_of(mail.engineer)}
    assert any("Planned visit" in line for line in parts["Overdue"])
    assert len(parts["Waiting for your signature"]) == 1
    assert draft.protocol
    assert "1 tests overdue" in parts["The department"][0]


def test_a_digest_takes_the_same_queries_for_much_as_for_little(mail: Any) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as found:
            digest_of(mail.engineer)
        return len(found)

    all_kinds(mail)
    before = asked()
    mail.draft()
    mail.draft()
    assert asked() == before
    assert receivers() == [mail.engineer]
    people.deactivate(by=mail.head, person=mail.engineer, reason="left")
    assert receivers() == []
