#!/usr/bin/env bash
# Build niivue.js again; needs Node and the npm registry, which users of the report do not. See README.md.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp entry.js no_zarr.js "$work"
cd "$work"
npm init --yes > /dev/null
npm install --silent @niivue/niivue@0.69.0 fflate@0.8.3 gl-matrix@3.4.4 nifti-reader-js@0.8.0 array-equal@1.0.2 \
    @lukeed/uuid@2.0.1 @ungap/structured-clone@1.4.0 esbuild@0.28.2
npx esbuild entry.js --bundle --minify --format=iife --global-name=niivue --target=es2022 \
    --alias:zarrita=./no_zarr.js --log-override:import-is-undefined=silent --outfile=niivue.js
cp niivue.js "$OLDPWD"
cd "$OLDPWD"
sha256sum niivue.js
