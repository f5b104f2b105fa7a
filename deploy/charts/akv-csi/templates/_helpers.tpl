{{/* The name of Azure's own provider, so that this takes its place in a cluster. */}}
{{- define "akv-csi.name" -}}
{{- default "csi-secrets-store-provider-azure" .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "akv-csi.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "akv-csi.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What never changes in the life of a DaemonSet. */}}
{{- define "akv-csi.selector" -}}
app: {{ include "akv-csi.name" . }}
{{- end -}}

{{- define "akv-csi.labels" -}}
{{ include "akv-csi.selector" . }}
app.kubernetes.io/name: {{ include "akv-csi.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "akv-csi.image" -}}
{{- $image := .Values.linux.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ default .Chart.AppVersion $image.tag }}
{{- end -}}
{{- end -}}

{{/* The proxy's settings, from Arc's values if those are switched on. */}}
{{- define "akv-csi.proxy" -}}
{{- $arc := .Values.Azure.proxySettings -}}
{{- if and .Values.enableArcExtension $arc.isProxyEnabled -}}
https: {{ default $arc.httpProxy $arc.httpsProxy | quote }}
noProxy: {{ $arc.noProxy | quote }}
{{- else -}}
https: {{ .Values.proxy.https | quote }}
noProxy: {{ join "," .Values.proxy.noProxy | quote }}
{{- end -}}
{{- end -}}

{{- define "akv-csi.caPEM" -}}
{{- $arc := .Values.Azure.proxySettings -}}
{{- if and .Values.enableArcExtension $arc.isProxyEnabled $arc.proxyCert -}}
{{ $arc.proxyCert }}
{{- else -}}
{{ .Values.caBundle.pem }}
{{- end -}}
{{- end -}}

{{/* The duration `.` in seconds, such as 25s or 1h30m. */}}
{{- define "akv-csi.seconds" -}}
{{- $seconds := 0.0 -}}
{{- $units := dict "ns" 1e-9 "us" 1e-6 "µs" 1e-6 "ms" 1e-3 "s" 1.0 "m" 60.0 "h" 3600.0 -}}
{{- range regexFindAll "[0-9.]+(ns|us|µs|ms|s|m|h)" . -1 -}}
{{- $number := regexFind "^[0-9.]+" . -}}
{{- $seconds = addf $seconds (mulf (float64 $number) (get $units (trimPrefix $number .))) -}}
{{- end -}}
{{- $seconds -}}
{{- end -}}

{{/* In the node's network ClusterFirst has no effect, so a pod there needs the policy of the other name. */}}
{{- define "akv-csi.dnsPolicy" -}}
{{- $policy := default "ClusterFirst" .Values.linux.dnsPolicy -}}
{{- if and .Values.linux.hostNetwork (eq $policy "ClusterFirst") -}}
ClusterFirstWithHostNet
{{- else -}}
{{- $policy -}}
{{- end -}}
{{- end -}}
