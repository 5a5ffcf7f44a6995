#!/usr/bin/env bash
# The main job on real text: trains a Mamba and a Transformer of about a million parameters for about a minute each,
# compares them, and lets the better one write. DATA=path uses your own text, MINUTES=m trains longer.
set -euo pipefail
cd "$(dirname "$0")/.."

sequent=${BUILD_DIR:-build}/sequent
out=${OUT:-runs/quickstart}
minutes=${MINUTES:-1}
read -r -a data <<<"${DATA:-src docs tests/properties README.md ARCHITECTURE.md CONTRIBUTING.md}"

rm -rf "$out"
mkdir -p "$out"
value() { sed -n "s/.*\"$2\":\([-0-9.e+]*\).*/\1/p" "$out/$1.json"; }

for arch in mamba transformer; do
  echo
  echo "== Training a $arch of about 1M parameters for about $minutes min on: ${data[*]}"
  "$sequent" train --arch "$arch" --params 1M --data "${data[@]}" --minutes "$minutes" --context 256 --batch 8 \
    --lr 2e-3 --eval-tokens 16384 --cache "$out/cache" --out "$out/$arch" --json >"$out/$arch.json"
done

echo
echo "== Side by side, on text neither has seen"
printf '%-12s %11s %7s %14s %10s %12s\n' architecture parameters steps bits-per-byte tokens/s memory-MiB
for arch in mamba transformer; do
  printf '%-12s %11.0f %7.0f %14.3f %10.0f %12.0f\n' "$arch" "$(value $arch parameters)" "$(value $arch steps)" \
    "$(value $arch bits_per_byte)" "$(value $arch tokens_per_second)" \
    "$(awk -v b="$(value $arch peak_bytes)" 'BEGIN { print b / 1048576 }')"
done
best=$(awk -v m="$(value mamba bits_per_byte)" -v t="$(value transformer bits_per_byte)" \
  'BEGIN { print (m <= t) ? "mamba" : "transformer" }')

echo
echo "== The better one, $best, goes on from \"// The \""
"$sequent" generate "$out/$best" -p "// The " -n 400 --temp 0.7 -s 1

cat <<TEXT

== What was made
  $out/mamba, $out/transformer   run directories: config.toml, metrics.jsonl, TensorBoard events, checkpoints
  $out/ARCH/best                 the model, in the Hugging Face layout of its family

== What to try next
  $sequent generate $out/$best -p "#include" -n 200
  $sequent eval $out/$best --data README.md --by-position
  $sequent inspect $out/$best --context 65536
  $sequent train --arch mamba --params 3M --data YOUR_TEXT --minutes 30 --out runs/mine
  $sequent train --help
TEXT
