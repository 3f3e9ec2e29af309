#!/usr/bin/env bash
# Runs fuzz targets and prints what they did, as figures.
#
#   fuzz/run.sh [TARGET…] [RUNS]      all targets and 100000 runs of each by default
#
# FUZZ_SECONDS ends each target after so long, whatever is left. FUZZ_TARGET_DIR is where it builds (fuzz/target).
set -euo pipefail
cd "$(dirname "$0")"

runs=100000
targets=()
for argument in "$@"; do
  case $argument in
    *[!0-9]*) targets+=("$argument") ;;
    *) runs=$argument ;;
  esac
done
if [ ${#targets[@]} -eq 0 ]; then
  for file in targets/*.rs; do targets+=("$(basename "$file" .rs)"); done
fi

# Inputs longer than this bring nothing new.
longest() {
  case $1 in
    times) echo 64 ;;
    addresses) echo 256 ;;
    path) echo 512 ;;
    key) echo 1024 ;;
    error_bodies | requests) echo 2048 ;;
    models | geojson) echo 4096 ;;
    *) echo 8192 ;;
  esac
}

dictionary() {
  case $1 in
    envelope | error_bodies | models | requests) echo json ;;
    kmz) echo xml ;;
    spec) echo yaml ;;
    geojson) echo geojson ;;
  esac
}

target_dir=${FUZZ_TARGET_DIR:-$PWD/target}
# The code is free of `unsafe`, so the address sanitizer would only cost time; overflow checks and assertions are on.
build=(--fuzz-dir . --sanitizer none --target-dir "$target_dir")
failed=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target"
  options=(-runs="$runs" -max_len="$(longest "$target")" -rss_limit_mb=2048 -timeout=20 -print_final_stats=1)
  options+=(-max_total_time="${FUZZ_SECONDS:-0}")
  words=$(dictionary "$target")
  [ -z "$words" ] || options+=(-dict="dictionaries/$words.dict")
  log=$(mktemp)
  crashes=0
  cargo +nightly fuzz run "${build[@]}" "$target" "corpus/$target" "seeds/$target" -- "${options[@]}" >"$log" 2>&1 || crashes=1
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -1)
  memory=$(sed -n 's/^stat::peak_rss_mb: *//p' "$log" | tail -1)
  edges=$(grep -o 'cov: [0-9]*' "$log" | tail -1 | cut -d' ' -f2 || true)
  echo "figure Fuzzing | $target | executions = ${executions:-not measured (it did not run)}"
  echo "figure Fuzzing | $target | edges covered = ${edges:-not measured (it did not run)}"
  echo "figure Fuzzing | $target | peak memory = ${memory:-not measured (it did not run)}${memory:+ MB}"
  echo "figure Fuzzing | $target | crashes = $crashes"
  if [ "$crashes" -ne 0 ]; then
    failed=1
    tail -40 "$log" >&2
  fi
  rm -f "$log"
done
exit "$failed"
