"""The chart's default rendering as one manifest for those without Helm. `make manifest` writes it, a test compares."""

import sys

import yaml

import charts as c

# The second is a copy of the first, because kustomize does not read files above its own directory.
PATHS = [c.ROOT / "deploy/provider.yaml", c.ROOT / "deploy/kustomize/base/provider.yaml"]
HEADER = """\
# The provider on every Linux node, as the chart in charts/akv-csi renders it by default; made by `make manifest`.
# It has the names of Azure's own provider, so that applying this over its plain manifest replaces it; the Secrets
# Store CSI driver must be installed already.
"""
# The lines that mark objects as managed by Helm, which is not true for this manifest.
OF_HELM = ("app.kubernetes.io/managed-by:", "app.kubernetes.io/instance:", "helm.sh/chart:", "# Source:")


def text():
    chart = c.Chart()
    try:
        placeholder = yaml.safe_load((c.CHART / "values.yaml").read_text())["linux"]["image"]["repository"]
        lines = chart.text().replace(c.IMAGE, placeholder).splitlines()
    finally:
        chart.close()
    kept = [line for line in lines if not line.strip().startswith(OF_HELM)]
    while kept and kept[0] == "---":
        kept.pop(0)
    return HEADER + "\n".join(kept).rstrip() + "\n"


if __name__ == "__main__":
    for path in PATHS:
        path.write_text(text())
    sys.exit(0)
