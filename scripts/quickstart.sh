#!/usr/bin/env bash
# The main job on real text: trains six architectures of about a million parameters for the same short time, measures
# them, and writes a report. DATA=path uses your own text, MINUTES=m trains each longer, ARCHS=a,b others.
set -euo pipefail
cd "$(dirname "$0")/.."

sequent=${BUILD_DIR:-build}/sequent
out=${OUT:-runs/quickstart}
minutes=${MINUTES:-0.3}
archs=${ARCHS:-transformer,switch,mamba,mamba2,jamba,retnet}
read -r -a data <<<"${DATA:-src docs tests/properties README.md ARCHITECTURE.md CONTRIBUTING.md}"

rm -rf "$out"
echo
echo "== Training $archs, about 1M parameters and $minutes min each, on: ${data[*]}"
"$sequent" compare --archs "$archs" --match time --minutes "$minutes" --params 1M --data "${data[@]}" \
  --context 256 --batch 8 --lr 2e-3 --eval-tokens 16384 --contexts 1k,4k,16k --prompt "// The " --out "$out"

first=${archs%%,*}
cat <<TEXT

== To look at it
  xdg-open $out/report.html      or open that file in any browser; it needs no network

== What was made
  $out/report.html, results.json   the comparison
  $out/runs/ARCH-seed1             run directories: config.toml, metrics.jsonl, TensorBoard events, checkpoints
  $out/runs/ARCH-seed1/best        the model, in the Hugging Face layout of its family

== What to try next
  $sequent generate $out/runs/$first-seed1 -p "#include" -n 200
  $sequent bench $out/runs/$first-seed1
  $sequent compare --archs transformer,mamba --params 3M --minutes 30 --data YOUR_TEXT --out runs/mine
  $sequent train --help
TEXT
