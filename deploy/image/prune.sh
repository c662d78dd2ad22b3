#!/bin/sh
# Takes out of node_modules what Node never loads in production. The licence of every package stays.
set -eu
cd "$1"

find . -type f \( -name '*.map' -o -name '*.ts' -o -name '*.mts' -o -name '*.cts' -o -name '*.md' -o -name '*.markdown' \
  -o -name '*.tsbuildinfo' -o -name '*.flow' \) ! -iname 'licen[sc]e*' -delete

# At the top of a package only: deeper, such a name may be code.
for package in ./* ./@*/*; do
  for folder in test tests __tests__ benchmark benchmarks bench docs doc examples example .github .vscode .claude; do
    rm -rf "${package:?}/$folder"
  done
done

# Builds for bundlers and browsers, beside the one that package.json names for Node.
rm -rf @opentelemetry/*/build/esm @opentelemetry/*/build/esnext
rm -rf zod/src luxon/src luxon/build/amd luxon/build/cjs-browser luxon/build/global
rm -rf .bin .package-lock.json
find . -type d -empty -delete
