#!/bin/sh
# Gives .env a fresh JWT_SECRET and INGEST_API_KEYS where it has none; what stands there already is kept.
# Makes .env from .env.example first, readable by its owner only. Prints no secret.
set -eu
umask 077
cd "$(dirname "$0")/.."

[ -e .env ] || cp .env.example .env
for name in JWT_SECRET INGEST_API_KEYS; do
  if grep -Eq "^${name}(_FILE)?=.*[^[:space:]]" .env; then
    echo "$name is set in .env: kept"
    continue
  fi
  # In the environment, not among the arguments, which every user of the machine can read.
  name=$name secret=$(od -An -v -N32 -tx1 /dev/urandom | tr -d ' \n') awk '
    index($0, ENVIRON["name"] "=") == 1 { $0 = ENVIRON["name"] "=" ENVIRON["secret"]; written = 1 }
    { print }
    END { if (!written) print ENVIRON["name"] "=" ENVIRON["secret"] }' .env > .env.new
  mv .env.new .env
  echo "$name: a fresh one is in .env"
done
