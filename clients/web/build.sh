#!/bin/sh
# Builds the page into services/multibo/gateway/page, which is committed: nobody needs Node to run it.
# BUF names the buf binary; the development environment has one.
set -eu
cd "$(dirname "$0")"
page=../../services/multibo/gateway/page
buf="${BUF:-../../.venv/bin/buf}"

[ package-lock.json -ot node_modules/.package-lock.json ] || npm ci --ignore-scripts --no-audit --no-fund

# A local plugin instead of a remote one: generation needs no network.
rm -rf gen
"$buf" generate ../../proto --template '{
  "version": "v2",
  "plugins": [{"local": "node_modules/.bin/protoc-gen-es", "out": "gen", "opt": ["target=ts"]}]
}'
node_modules/.bin/tsc

mkdir -p "$page"
rm -f "$page"/*
node_modules/.bin/esbuild src/app.ts --bundle --minify --format=esm --target=es2022,safari16 \
    --legal-comments=none --outfile="$page/app.js"
node_modules/.bin/esbuild style.css --bundle --minify --target=es2022,safari16 --outfile="$page/style.css"
cp icon.svg "$page/icon.svg"

# Each file is asked for by its digest, so browsers keep it for good and never show a stale one.
cp index.html "$page/index.html"
for file in app.js style.css icon.svg; do
    digest=$(sha256sum "$page/$file" | cut -c 1-16)
    sed -i "s,\"$file\",\"$file?v=$digest\"," "$page/index.html"
done
./sources.sh > "$page/sources.sha256"
