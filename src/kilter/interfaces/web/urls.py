"""Addresses of the pages."""

from __future__ import annotations

from django.urls import path

from kilter.interfaces.web import (
    devices,
    jobs,
    people,
    records,
    report,
    session,
    specialties,
    statements,
    stores,
    today,
    visits,
    work,
)

urlpatterns = [
    path("", today.today),
    path("login/", session.sign_in),
    path("logout/", session.sign_out),
    path("me/", session.me),
    path("me/pin/", session.set_pin),
    path("search/", devices.search),
    path("devices/<uuid:uuid>/", devices.device),
    path("devices/<uuid:uuid>/fault/", jobs.fault),
    path("devices/<uuid:uuid>/test/<str:key>/", visits.start),
    path("devices/<uuid:uuid>/trend/<str:procedure>/<str:result>/", devices.trend),
    path("devices/<uuid:uuid>/state/<str:act>/", statements.state),
    path("devices/<uuid:uuid>/release/<uuid:hold>/", statements.release),
    path("drafts/<uuid:uuid>/", visits.draft),
    path("drafts/<uuid:uuid>/live/", visits.live),
    path("drafts/<uuid:uuid>/upload/<str:name>/", visits.upload),
    path("sign/", records.batch),
    path("records/<uuid:uuid>/", records.record),
    path("records/<uuid:uuid>/certificate.pdf", records.certificate),
    path("records/<uuid:uuid>/countersign/", statements.countersign),
    path("records/<uuid:uuid>/review/", statements.review),
    path("visits/<uuid:uuid>/", records.visit),
    path("r/<str:label>/", report.report),
    path("work/", work.board),
    path("work/<uuid:uuid>/", jobs.job),
    path("work/<uuid:uuid>/<str:verb>/", jobs.verb),
    path("stores/", stores.listing),
    path("stores/<str:verb>/", stores.verb),
    path("schedule/", work.dues),
    path("people/", people.listing),
    path("people/authorise/", people.authorise),
    path("people/<uuid:uuid>/", people.one),
    path("specialties/", specialties.listing),
    path("specialties/<str:key>/", specialties.one),
    path("specialties/<str:key>/limits/", specialties.limits),
    path("procedures/<str:key>/", specialties.procedure),
]
