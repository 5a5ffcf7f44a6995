#!/usr/bin/env bash
# The questions of the paper on generated motions, small enough for one CPU: (a) features learned against random ones,
# (b) features against pixels as target, (c) attentive against average pooling, (d) multi-block against random-tube masks.
# Prints a line for every probe and writes them to OUT/results.tsv. Everything can be set by variables; what is there from an
# earlier call is used again.
set -euo pipefail
cd "$(dirname "$0")/.."

sequent=${BUILD_DIR:-build}/sequent
out=${OUT:-runs/video-experiments}
seeds=${SEEDS:-1 2 3}
layers=${LAYERS:-3}       # of the encoder, ViT-tiny otherwise
size=${SIZE:-64}          # height and width of a clip in pixels
patch=${PATCH:-8}
steps=${STEPS:-1500}
batch=${BATCH:-8}
predictor=${PREDICTOR:---predictor-width 96 --predictor-layers 2}
more=${MORE:---lr 5e-4 --warmup 100 --final-weight-decay 0.1 --smallest-crop 0.7}
clips=${CLIPS:---frames 8 --stride 2}
probing=${PROBING:---epochs 30}

[[ -d $out/pool ]] || "$sequent" video synth "$out/pool" --videos "${POOL:-2000}" --frames 24 --seed 101
[[ -d $out/labelled ]] || "$sequent" video synth "$out/labelled" --videos "${LABELLED:-256}" --frames 24 --seed 102
[[ -d $out/test ]] || "$sequent" video synth "$out/test" --videos "${TEST:-256}" --frames 24 --seed 103
[[ -f $out/results.tsv ]] || printf 'encoder\tpooling\tseed\taccuracy\ttraining_accuracy\n' >"$out/results.tsv"

pretrain() { # NAME SEED settings...
  local name=$1 seed=$2
  shift 2
  local run="$out/$name-seed$seed"
  if [[ -d $run ]]; then
    "$sequent" video pretrain --resume --out "$run"
  else
    # shellcheck disable=SC2086
    "$sequent" video pretrain --data "$out/pool" --out "$run" --layers "$layers" --image-size "$size" --patch "$patch" \
      $clips --steps "$steps" --batch "$batch" $predictor $more --seed "$seed" "$@"
  fi
}

probe() { # NAME MODEL POOLING SEED flags...
  local name=$1 model=$2 pooling=$3 seed=$4
  shift 4
  grep -q -P "^$name\t$pooling\t$seed\t" "$out/results.tsv" && return
  local json
  # shellcheck disable=SC2086
  json=$("$sequent" video probe "$model" "$out/labelled" --test "$out/test" $clips --pooling "$pooling" \
    --seed "$seed" $probing --json "$@")
  printf '%s\t%s\t%s\t%s\n' "$name" "$pooling" "$seed" \
    "$(sed -E 's/.*"accuracy":([0-9.e-]+).*"training_accuracy":([0-9.e-]+).*/\1\t\2/' <<<"$json")" |
    tee -a "$out/results.tsv"
}

for seed in $seeds; do
  pretrain features "$seed"
  pretrain pixels "$seed" --target pixels
  pretrain random-tube "$seed" --masks random-tube
  for pooling in average attentive; do
    probe random "$out/features-seed$seed" "$pooling" "$seed" --untrained
    probe features "$out/features-seed$seed" "$pooling" "$seed"
    # The moving average follows late; what was learned last is in the encoder that it follows.
    probe features-context "$out/features-seed$seed" "$pooling" "$seed" --encoder context
    probe pixels "$out/pixels-seed$seed" "$pooling" "$seed"
    probe random-tube "$out/random-tube-seed$seed" "$pooling" "$seed"
    probe random-tube-context "$out/random-tube-seed$seed" "$pooling" "$seed" --encoder context
  done
done

echo
column -t "$out/results.tsv"
