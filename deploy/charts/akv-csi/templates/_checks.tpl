{{/* Values that cannot work. The message names the value and what to set. */}}
{{- define "akv-csi.check" -}}
{{- include "akv-csi.checkDriver" . -}}
{{- if .Values.linux.enabled -}}
{{- include "akv-csi.checkImage" .Values.linux.image.repository -}}
{{- end -}}
{{- if .Values.windows.enabled -}}
{{- fail "windows.enabled: akv-csi serves Linux nodes only; keep Azure's own provider on the Windows nodes and switch this off" -}}
{{- end -}}
{{- if .Values.arc.enableMonitoring -}}
{{- fail "arc.enableMonitoring: the agents of the Arc extension are not part of this chart; see monitoring" -}}
{{- end -}}
{{- include "akv-csi.checkProxy" . -}}
{{- if gt (len (compact (list .Values.caBundle.pem .Values.caBundle.configMap .Values.caBundle.secret))) 1 -}}
{{- fail "caBundle: only one of pem, configMap and secret" -}}
{{- end -}}
{{- include "akv-csi.checkPolicy" .Values.policy -}}
{{- if and .Values.cloud.environment (ne .Values.cloud.name "AzureStackCloud") .Values.cloud.name -}}
{{- fail "cloud.environment: a described cloud has the name AzureStackCloud" -}}
{{- end -}}
{{- if and (eq .Values.cloud.name "AzureStackCloud") (not .Values.cloud.environment) (not .Values.linux.extraEnvFrom) (not (contains "AZURE_ENVIRONMENT_FILEPATH" (toJson .Values.linux.extraEnv))) -}}
{{- fail "cloud.name: the provider cannot start without the description of an AzureStackCloud. Set cloud.environment to the keys of its JSON file" -}}
{{- end -}}
{{- if and .Values.linux.privileged (ne (int .Values.linux.securityContext.runAsUser) 0) -}}
{{- fail "linux.privileged: set linux.securityContext.runAsUser to 0 with it, because a privileged container is not confined" -}}
{{- end -}}
{{- range .Values.linux.extraArgs -}}
{{- if or (not (regexMatch "^--?[a-zA-Z][a-zA-Z0-9_-]*(=|$)" .)) (regexMatch "\\s--?[a-zA-Z]" .) -}}
{{- fail (printf "linux.extraArgs: %s is not one flag. Give each flag an element of its own and join its value with =, such as [\"--v=5\", \"--stale-if-error=1h\"]" (quote .)) -}}
{{- end -}}
{{- end -}}
{{- include "akv-csi.checkEnvironment" . -}}
{{- $drain := include "akv-csi.seconds" .Values.drainTimeout | float64 -}}
{{- if le (float64 .Values.linux.terminationGracePeriodSeconds) $drain -}}
{{- fail (printf "linux.terminationGracePeriodSeconds: %v seconds end before drainTimeout (%s); Kubernetes would kill the provider while mounts finish. Set more than %v" .Values.linux.terminationGracePeriodSeconds .Values.drainTimeout $drain) -}}
{{- end -}}
{{- end -}}

{{/* `.` is the repository. Hosts below example.com, .org and .net, and names below .example and .invalid, exist nowhere (RFC 2606, RFC 6761). */}}
{{- define "akv-csi.checkImage" -}}
{{- $host := regexFind "^[^/:]*" . | lower -}}
{{- if regexMatch "(^|\\.)example\\.(com|org|net)$|\\.(example|invalid)$" $host -}}
{{- fail (printf "linux.image.repository: %s is a placeholder that cannot be pulled. Set it to the repository of your akv-csi image, and linux.image.tag to its tag: --set linux.image.repository=REGISTRY/akv-csi --set linux.image.tag=TAG. deploy/charts/akv-csi/README.md says how to build the image" .) -}}
{{- end -}}
{{- if hasSuffix "/provider-azure" . -}}
{{- fail (printf "linux.image.repository: %s is Azure's own provider, whose values file this may be; name an image of akv-csi" .) -}}
{{- end -}}
{{- end -}}

{{/* The proxy's address as the program reads it. Arc's value may hold a user and a password. */}}
{{- define "akv-csi.checkProxy" -}}
{{- $https := (include "akv-csi.proxy" . | fromYaml).https -}}
{{- if $https -}}
{{- if .Values.proxy.existingSecret -}}
{{- fail "proxy: existingSecret and a proxy's address exclude each other" -}}
{{- end -}}
{{- if contains "@" .Values.proxy.https -}}
{{- fail "proxy.https: an address with a user or a password would be readable in the DaemonSet. Put it into a Secret with the key HTTPS_PROXY and set proxy.existingSecret to the Secret's name" -}}
{{- end -}}
{{- if not (hasPrefix "http://" (lower $https)) -}}
{{- fail (printf "proxy.https: %s must begin with http://. The provider asks the proxy for a tunnel in plain HTTP; TLS to Azure runs inside the tunnel" $https) -}}
{{- end -}}
{{- $port := "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])" -}}
{{- if not (regexMatch (printf "^(?i:http)://([^\\s@]*@)?(\\[[0-9a-fA-F:.]+\\]|[^][\\s@/:?#]+)(:%s)?/?$" $port) $https) -}}
{{- fail (printf "proxy.https: %s must be http://HOST:PORT" $https) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A variable that the chart sets from a value must not be set a second time. */}}
{{- define "akv-csi.checkEnvironment" -}}
{{- $proxy := include "akv-csi.proxy" . | fromYaml -}}
{{- $ca := or (include "akv-csi.caPEM" .) .Values.caBundle.configMap .Values.caBundle.secret -}}
{{- $values := dict
  "HTTPS_PROXY" (ternary "proxy.https" "" (ne $proxy.https ""))
  "NO_PROXY" (ternary "proxy.noProxy" "" (and (ne $proxy.https "") (ne $proxy.noProxy "")))
  "SSL_CERT_DIR" (ternary "caBundle" "" (not (empty $ca)))
  "SSL_CERT_FILE" (ternary "caBundle" "" (and (not (empty $ca)) (not .Values.caBundle.exclusive)))
  "AZURE_ENVIRONMENT_FILEPATH" (ternary "cloud.environment" "" (not (empty .Values.cloud.environment)))
  "NODE_NAME" (ternary "events.enabled" "" .Values.events.enabled) -}}
{{- range .Values.linux.extraEnv -}}
{{- with get $values (upper .name) -}}
{{- fail (printf "linux.extraEnv: the value %s sets this variable already. Remove one of the two" .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What the values schema cannot say about a policy. The schema has the keys and the words; the program reads the file at its start. */}}
{{- define "akv-csi.checkPolicy" -}}
{{- if and .configMap .document -}}
{{- fail "policy: configMap and document exclude each other" -}}
{{- end -}}
{{- $names := dict -}}
{{- range default list .document.rules -}}
{{- if hasKey $names .name -}}
{{- fail (printf "policy.document.rules: two rules have the name %s; errors and audit lines name a rule by it" .name) -}}
{{- end -}}
{{- $_ := set $names .name true -}}
{{- end -}}
{{- end -}}

{{/* Values of the driver's chart in a place where neither chart reads them, and a driver that cannot serve this provider. */}}
{{- define "akv-csi.checkDriver" -}}
{{- $driver := index .Values "secrets-store-csi-driver" -}}
{{- $keys := list "enableSecretRotation" "rotationPollInterval" "syncSecret" "tokenRequests" "filteredWatchSecret" -}}
{{- range $place, $values := dict "" .Values "linux." .Values.linux "secrets-store-csi-driver.linux." (default dict $driver.linux) -}}
{{- range $keys -}}
{{- if hasKey $values . -}}
{{- fail (printf "%s%s: this is a value of the driver's chart and has no effect here. Set secrets-store-csi-driver.%s" $place . .) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $values "serviceAccountTokenInSecrets" -}}
{{- fail (printf "%sserviceAccountTokenInSecrets: this is a field of the CSIDriver object and has no effect here. The driver's chart writes it on Kubernetes 1.35 and later; with a CSIDriver object of your own, set spec.serviceAccountTokenInSecrets there" $place) -}}
{{- end -}}
{{- end -}}
{{- if hasKey $driver "enabled" -}}
{{- fail "secrets-store-csi-driver.enabled: the switch is called install. Set secrets-store-csi-driver.install" -}}
{{- end -}}
{{- if $driver.install -}}
{{- if not $driver.tokenRequests -}}
{{- fail "secrets-store-csi-driver.tokenRequests: without an audience the kubelet sends no tokens, and no class with clientID can be mounted. Set [{audience: api://AzureADTokenExchange}]" -}}
{{- end -}}
{{- with get (default dict .Subcharts) "secrets-store-csi-driver" -}}
{{- if and .Chart.KubeVersion (not (semverCompare .Chart.KubeVersion $.Capabilities.KubeVersion.Version)) -}}
{{- fail (printf "secrets-store-csi-driver: version %s needs Kubernetes %s, and this cluster has %s. Upgrade the cluster, or install an older driver yourself and set secrets-store-csi-driver.install=false" .Chart.Version .Chart.KubeVersion $.Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
