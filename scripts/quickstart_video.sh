#!/usr/bin/env bash
# Learning from video, offline: makes videos of moving shapes, trains an encoder on them without labels, and shows what the
# log says of it. OUT=directory, STEPS=n.
set -euo pipefail
cd "$(dirname "$0")/.."

sequent=${BUILD_DIR:-build}/sequent
out=${OUT:-runs/quickstart-video}
steps=${STEPS:-200}

rm -rf "$out"
echo
echo "== Videos of moving shapes; the label is the motion, and no single frame tells it"
"$sequent" video synth "$out/train" --videos 256 --frames 16 --seed 1
"$sequent" video synth "$out/test" --videos 128 --frames 16 --seed 2

echo
echo "== An encoder (ViT-tiny) trained without labels, $steps steps"
"$sequent" video pretrain --data "$out/train" --out "$out/run" --size tiny --image-size 64 --stride 1 --steps "$steps" \
  --batch 8 --predictor-width 192 --predictor-layers 3 --lr 1e-3 --momentum 0.99 --log-every 10 --probe "$out/test"

echo
echo "== The last line of its log"
tail -n 1 "$out/run/metrics.jsonl"

cat <<TEXT

== What was made
  $out/train, $out/test   labelled videos, to be looked at with any player
  $out/run                the run: config.toml, metrics.jsonl, TensorBoard events, checkpoints
  $out/run/latest         the model

== What to try next
  docs/video.md           how to read the log
  $sequent video pretrain --data YOUR_VIDEOS --out runs/mine --image-size 112 --steps 2000
  $sequent video pretrain --help
TEXT
