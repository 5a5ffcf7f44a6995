#!/usr/bin/env bash
# Learning from video, offline: makes videos of moving shapes, trains an encoder on them without labels, asks what can be
# read off its features, and paints what it sees. OUT=directory, STEPS=n, LAYERS=n.
set -euo pipefail
cd "$(dirname "$0")/.."

sequent=${BUILD_DIR:-build}/sequent
out=${OUT:-runs/quickstart-video}
steps=${STEPS:-600}
layers=${LAYERS:-3}
# 4 x 8 x 8 tokens: with fewer, the blocks that are hidden leave almost nothing to predict from.
clips=(--frames 8 --stride 2)

rm -rf "$out"
echo
echo "== Videos of eight motions; no single frame tells which"
"$sequent" video synth "$out/train" --videos 1024 --frames 24 --seed 1
"$sequent" video synth "$out/test" --videos 256 --frames 24 --seed 2

echo
echo "== An encoder (ViT-tiny with $layers layers) trained on them without their labels, $steps steps"
"$sequent" video pretrain --data "$out/train" --out "$out/run" --layers "$layers" --image-size 64 --patch 8 \
  "${clips[@]}" --steps "$steps" --batch 8 --predictor-width 96 --predictor-layers 2 --lr 5e-4 --warmup 100 \
  --smallest-crop 0.7 --log-every 20

echo
echo "== What an attentive probe reads off its features, frozen"
"$sequent" video probe "$out/run" "$out/train" --test "$out/test" "${clips[@]}"
echo
echo "== The same of an encoder that was never trained (minutes of training are few: docs/video.md says what they do)"
"$sequent" video probe "$out/run" "$out/train" --test "$out/test" "${clips[@]}" --untrained

"$sequent" video features "$out/run" "$out/test/clockwise" "${clips[@]}" --map "$out/map.png"

cat <<TEXT

== What was made
  $out/map.png            frames of a video, and below them what the encoder makes of them
  $out/train, $out/test   the videos, to be looked at with any player
  $out/run                the run: config.toml, metrics.jsonl, TensorBoard events, checkpoints; latest is the model

== What to try next
  docs/video.md           how to read the log
  scripts/video_experiments.sh      the paper's questions on these videos, three seeds
  $sequent video pretrain --data YOUR_VIDEOS --out runs/mine --image-size 112 --steps 2000
  $sequent video features $out/run YOUR_VIDEO.mp4 --map map.png
TEXT
