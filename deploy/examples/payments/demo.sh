#!/usr/bin/env bash
# Shows the provider at work on one machine: an emulated Azure, the real provider, and `akv-csi mount`, which acts as
# the Secrets Store CSI driver. Stops everything that it starts.
#
# demo.sh [--verbose]: with --verbose also the report of each mount and the provider's log.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
programs=${AKV_PROGRAMS:-"$root/.build/debug"}
verbose=''
case ${1:-} in
  '') ;;
  --verbose) verbose=1 ;;
  *) echo "usage: demo.sh [--verbose]" >&2; exit 2 ;;
esac
work=$(mktemp -d /tmp/akv-demo.XXXXXX)

provider='' emulator=''
finish() {
  [ -z "$provider" ] || kill -TERM "$provider" 2>/dev/null || true
  [ -z "$emulator" ] || kill -TERM "$emulator" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# Whether to write in colours, by the rules of https://no-color.org and https://bixense.com/clicolors.
coloured() {
  [ -z "${NO_COLOR:-}" ] || return 1
  [ "${CLICOLOR_FORCE:-0}" = 0 ] || return 0
  [ "${CLICOLOR:-1}" != 0 ] && [ "${TERM:-dumb}" != dumb ] && [ -t 1 ]
}
bold='' dim='' plain=''
if coloured; then bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'; fi
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# Standard input, without colour and indented, if --verbose asks for it.
detail() { if [ -n "$verbose" ]; then sed "s/^/    $dim/; s/\$/$plain/"; else cat >/dev/null; fi; }

# Waits until a file exists, while the process that creates it runs.
await() {
  for _ in $(seq 1 600); do
    [ -e "$1" ] && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  echo "the process did not start; its log:" >&2
  cat "$3" >&2
  exit 1
}

emulate() { "$programs/akv-emulator" "$1" --directory "$work/azure" "${@:2}"; }
token() { emulate token --namespace team-payments payments-api >"$work/$1.token"; }
mount() { # POD WORD…
  "$programs/akv-csi" mount --file "$here/payments.yaml" --endpoint "unix://$work/azure.sock" --pod "$1" \
    --pod-uid "0b6a2f1e-5c1d-4b7e-9a53-${1//[!0-9a-f]/0}" --target "$work/$1" "${@:2}"
}

# One row: what happens, the requests of this provider and of Azure's own, and the time.
row() { printf '  %-52s %9s %11s   %17s\n' "$@"; }
requests() {
  local counts
  counts=$(emulate calls --reset)
  sed -n 's/^token requests: \([0-9]*\), vault requests: \([0-9]*\),.*/\1 + \2/p' <<<"$counts"
}
# Mounts a pod's volume and adds a row: WHAT POD WORD…
step() {
  mount "${@:2}" >"$work/report.txt"
  row "$1" "$(requests)" "$(sed -n '1s/.* in \([0-9.]* ms\): .*/\1/p' "$work/report.txt")" "3 + 3"
  detail <"$work/report.txt"
}
size() { stat --dereference --format=%s "$work/pod-1/$1"; }

"$programs/akv-emulator" --seed "$here/emulator.yaml" --directory "$work/azure" >"$work/emulator.log" 2>&1 &
emulator=$!
await "$work/azure/endpoints.json" $emulator "$work/emulator.log"
# shellcheck disable=SC1091
(. "$work/azure/env" && exec "$programs/akv-csi" serve -endpoint "unix://$work/azure.sock" -healthz-port 0 \
  -healthz-host 127.0.0.1 -prometheus-port 0 -metrics-host 127.0.0.1 -refresh-interval 3s) 2>"$work/provider.log" &
provider=$!
await "$work/azure.sock" $provider "$work/provider.log"
token pod-1
token pod-2
admin=$(sed -n 's/.*"adminPort":\([0-9]*\).*/\1/p' "$work/azure/endpoints.json")
emulate calls --reset >/dev/null

echo "${bold}Two secrets from Azure Key Vault in a pod's volume, without a stored credential${plain}"
echo "The provider is the real program. Azure is emulated, and akv-csi mount acts as the CSI driver."
title "$(row "what happens" requests time "Azure's provider")"
step "A pod starts: its volume is mounted" pod-1 --token-file "$work/pod-1.token" --secrets-file "$work/secrets.yaml"
step "The driver asks again: nothing has changed" pod-1 --token-file "$work/pod-1.token"
step "A second pod starts, with a token of its own" pod-2 --token-file "$work/pod-2.token"
before=$(size payments-db-password)
emulate set kv-payments-prod payments-db-password "$(date +%s)-rotated" >/dev/null
# Until the values in the provider's cache are older than its refresh interval.
sleep 3
emulate calls --reset >/dev/null
step "The password is rotated in the vault" pod-1 --token-file "$work/pod-1.token"
if mount pod-3 --token-server "http://127.0.0.1:$admin" --service-account intruder 2>"$work/refused.txt"; then
  echo "the pod of another service account was not refused" >&2
  exit 1
fi
row "Another service account tries: refused" "$(requests)" "" "3 + 1"
note="Requests to Entra ID + to Key Vault. Azure's provider (v1.8.2) discovers, signs in and reads everything each time."
case $programs in */debug) note+=$'\n  The times are those of a debug build.' ;; esac
echo "  $dim$note$plain"

title "The pod's files and the synced Secret"
printf '  %-22s %s bytes, %s after the rotation\n' payments-db-password "$before" "$(size payments-db-password)"
printf '  %-22s %s bytes\n' payments-api-key "$(size payments-api-key)"
awk '/^  name:/ {name = $2} /^  namespace:/ {space = $2} /^data:/ {inside = 1; next}
  inside && /^  / {keys = keys (keys ? ", " : "") substr($1, 1, length($1) - 1)}
  END {printf "  Secret %s/%s with %s\n", space, name, keys}' "$work/secrets.yaml"
sed 's/^\(  [a-z-]*\): .*/\1: ********/' "$work/secrets.yaml" | detail

title "The event of the refused pod"
sed 's/^Error: rpc error: code = [A-Za-z]* desc = //; s/ — .*//; s/ Fix: /\nTo fix: /' "$work/refused.txt" >"$work/event.txt"
head -n 1 "$work/event.txt" | fold -s -w 116 | sed 's/^/  /; s/ *$//'
# The fix is a command of several lines.
tail -n +2 "$work/event.txt" | if [ -n "$verbose" ]; then cat; else sed 's/^\(.\{104\}\)..*/\1 […]/'; fi | sed 's/^/  /'

kill -TERM $provider
wait $provider || { echo "the provider did not stop cleanly:" >&2; cat "$work/provider.log" >&2; exit 1; }
provider=''
if [ -n "$verbose" ]; then
  title "The provider's log"
  sed 's/^/  /' "$work/provider.log"
fi

shown=${programs#"$root/"}
title "Next"
printf '  %-76s %s\n' \
  "$shown/akv-csi setup deploy/examples/payments/payments.yaml" "the script that sets up Azure for a class" \
  "$shown/akv-csi explain exchange-refused" "an error, its causes and fixes" \
  "make demo VERBOSE=1" "the same with reports and log"
