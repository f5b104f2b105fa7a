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
{{- if hasSuffix "/provider-azure" $image.repository -}}
{{- fail (printf "linux.image.repository: %s is Azure's own provider, whose values file this may be; name an image of akv-csi" $image.repository) -}}
{{- end -}}
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

{{/* What cannot work, said before anything is installed. */}}
{{- define "akv-csi.check" -}}
{{- if .Values.windows.enabled -}}
{{- fail "windows.enabled: akv-csi serves Linux nodes only; keep Azure's own provider on the Windows nodes and switch this off" -}}
{{- end -}}
{{- if .Values.arc.enableMonitoring -}}
{{- fail "arc.enableMonitoring: the agents of the Arc extension are not part of this chart; see monitoring" -}}
{{- end -}}
{{- $proxy := include "akv-csi.proxy" . | fromYaml -}}
{{- if and .Values.proxy.existingSecret $proxy.https -}}
{{- fail "proxy: existingSecret and a proxy's address exclude each other" -}}
{{- end -}}
{{- if gt (len (compact (list .Values.caBundle.pem .Values.caBundle.configMap .Values.caBundle.secret))) 1 -}}
{{- fail "caBundle: only one of pem, configMap and secret" -}}
{{- end -}}
{{- if and .Values.policy.configMap .Values.policy.document -}}
{{- fail "policy: configMap and document exclude each other" -}}
{{- end -}}
{{- if and .Values.cloud.environment (ne .Values.cloud.name "AzureStackCloud") .Values.cloud.name -}}
{{- fail "cloud.environment: a described cloud has the name AzureStackCloud" -}}
{{- end -}}
{{- if and .Values.linux.privileged (ne (int .Values.linux.securityContext.runAsUser) 0) -}}
{{- fail "linux.privileged: set linux.securityContext.runAsUser to 0 with it, so that nobody takes the container for confined" -}}
{{- end -}}
{{- end -}}
