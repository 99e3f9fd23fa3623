#!/usr/bin/env bash
# Install what the full tests need from Debian: a PostgreSQL server, Chromium, poppler to look at PDFs, and
# the senders of dcmtk, with which images are sent to the listener.
set -euo pipefail
wanted=()
command -v chromium >/dev/null || wanted+=(chromium)
[ -x /usr/lib/postgresql/15/bin/postgres ] || command -v postgres >/dev/null || wanted+=(postgresql)
command -v pdftotext >/dev/null || wanted+=(poppler-utils)
command -v storescu >/dev/null || wanted+=(dcmtk)
[ ${#wanted[@]} -eq 0 ] && exit 0
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${wanted[@]}" >/dev/null
