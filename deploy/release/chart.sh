#!/usr/bin/env bash
# Packs the chart so that it installs a published image: chart.sh CHART IMAGE OUTPUT
#
# CHART is a copy of the chart, with the driver's chart in its folder charts/. It is changed.
set -euo pipefail
chart=$1
image=$2
output=$3

placeholder=registry.example.com/akv-csi
if [ "$(grep --count "repository: $placeholder\$" "$chart/values.yaml")" -ne 1 ]; then
  echo "$chart/values.yaml must name $placeholder once" >&2
  exit 1
fi
# Without the comment, which says that the chart refuses the placeholder.
sed --in-place -e '/# A placeholder, which the chart refuses/d' -e "s|repository: $placeholder\$|repository: $image|" "$chart/values.yaml"
helm package "$chart" --destination "$output"
