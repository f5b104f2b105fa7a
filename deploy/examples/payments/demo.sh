#!/usr/bin/env bash
# Shows the provider at work on one machine: an emulated Azure, the real provider, and a stand-in for
# the Secrets Store CSI driver, with the payments example. Stops everything it started.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
programs=${AKV_PROGRAMS:-"$here/../../../.build/release"}
work=$(mktemp -d /tmp/akv-demo.XXXXXX)

provider='' emulator=''
finish() {
  [ -z "$provider" ] || kill -TERM "$provider" 2>/dev/null || true
  [ -z "$emulator" ] || kill -TERM "$emulator" 2>/dev/null || true
  wait 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
[ -t 1 ] || title() { printf '\n== %s\n' "$*"; }

# Waits until a file is there, for as long as the process that will make it lives.
await() {
  for _ in $(seq 1 600); do
    [ -e "$1" ] && return
    kill -0 "$2" 2>/dev/null || break
    sleep 0.05
  done
  echo "did not start; its log:" >&2
  cat "$3" >&2
  exit 1
}

title "1. An emulated Entra and Key Vault (emulator.yaml)"
"$programs/akv-emulator" --seed "$here/emulator.yaml" --directory "$work/azure" >"$work/emulator.log" 2>&1 &
emulator=$!
await "$work/azure/endpoints.json" $emulator "$work/emulator.log"
echo "listening under Azure's own host names, behind a proxy that leads nowhere else"

title "2. The provider, as the DaemonSet runs it"
# shellcheck disable=SC1091
(. "$work/azure/env" && exec "$programs/akv-csi" serve -endpoint "unix://$work/azure.sock" -healthz-port 0 -healthz-host 127.0.0.1 \
  -prometheus-port 0 -metrics-host 127.0.0.1 -refresh-interval 3s) \
  2>"$work/provider.log" &
provider=$!
await "$work/azure.sock" $provider "$work/provider.log"
echo "listening on $work/azure.sock, $(awk '/VmRSS/ {printf "%.1f MB resident", $2 / 1000}' /proc/$provider/status)"

admin=$(sed -n 's/.*"adminPort":\([0-9]*\).*/\1/p' "$work/azure/endpoints.json")
mount() {
  "$programs/akv-csi" mount --file "$here/payments.yaml" --endpoint "unix://$work/azure.sock" --pod payments-api-7d9f \
    --pod-uid 0b6a2f1e-5c1d-4b7e-9a53-1f0e6f0f7c11 --target "$work/volume" "$@"
}
token=(--token-file "$work/token")
calls() {
  "$programs/akv-emulator" calls --directory "$work/azure"
  "$programs/akv-emulator" calls --directory "$work/azure" --reset >/dev/null
}

"$programs/akv-emulator" token --directory "$work/azure" --namespace team-payments payments-api >"$work/token"
title "3. A pod's first mount (payments.yaml, service account team-payments/payments-api)"
mount "${token[@]}" --secrets-file "$work/secrets.yaml"
calls

title "4. The volume, as the pod sees it"
(cd "$work/volume" && ls -l --time-style=+ | tail -n +2 && find -L . -type f -path './[!.]*' -printf '%m %s bytes %P\n')

title "5. The Secret that secretObjects keeps, as a manifest (values masked here)"
awk '/^data:/ {print; inside = 1; next} inside {sub(/: .*/, ": ********")} {print}' "$work/secrets.yaml"

title "6. The kubelet comes again, within the refresh interval (3 s here, 2 minutes unless set)"
mount "${token[@]}"
calls

title "7. The database password is rotated in the vault, and the interval passes"
"$programs/akv-emulator" set --directory "$work/azure" kv-payments-prod payments-db-password "$(date +%s)-rotated"
sleep 3
mount "${token[@]}"
calls

title "8. A service account that the identity does not trust"
if mount --token-server "http://127.0.0.1:$admin" --service-account intruder 2>"$work/refused.txt"; then
  echo "it was let in, which must not be" >&2
  exit 1
fi
fold -s -w 110 "$work/refused.txt"

title "9. The provider's log"
cat "$work/provider.log"

title "10. Stopping"
kill -TERM $provider
wait $provider && echo "the provider ended with exit code 0 and removed its socket: $([ -e "$work/azure.sock" ] && echo no || echo yes)"
provider=''
