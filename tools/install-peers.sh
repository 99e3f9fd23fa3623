#!/usr/bin/env bash
# Install what the full tests need from Debian: a PostgreSQL server, Chromium, and poppler to look at PDFs.
set -euo pipefail
wanted=()
command -v chromium >/dev/null || wanted+=(chromium)
[ -x /usr/lib/postgresql/15/bin/postgres ] || command -v postgres >/dev/null || wanted+=(postgresql)
command -v pdftotext >/dev/null || wanted+=(poppler-utils)
[ ${#wanted[@]} -eq 0 ] && exit 0
apt-get update -qq
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${wanted[@]}" >/dev/null
