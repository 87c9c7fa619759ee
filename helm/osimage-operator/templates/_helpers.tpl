{{- define "osimage-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "osimage-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "osimage-operator.labels" -}}
{{ include "osimage-operator.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "osimage-operator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* The names, with commas between them. */ -}}
{{- define "osimage-operator.pullSecretNames" -}}
{{- range $index, $secret := .Values.imagePullSecrets -}}
{{- if $index }},{{ end }}{{ $secret.name }}
{{- end -}}
{{- end -}}

{{- /* The watched namespaces, with commas between them; empty is all. */ -}}
{{- define "osimage-operator.watched" -}}
{{- $names := .Values.watch.namespaces -}}
{{- if .Values.watch.own -}}
{{- $names = append $names .Release.Namespace -}}
{{- end -}}
{{- $names | uniq | join "," -}}
{{- end -}}

{{- /* The variables that lead builders to their proxies, as a JSON object. */ -}}
{{- define "osimage-operator.proxy" -}}
{{- $env := dict -}}
{{- with .Values.builder.proxy -}}
{{- if .http }}{{ $_ := set $env "HTTP_PROXY" .http }}{{ end -}}
{{- if .https }}{{ $_ := set $env "HTTPS_PROXY" .https }}{{ end -}}
{{- if .noProxy }}{{ $_ := set $env "NO_PROXY" (join "," .noProxy) }}{{ end -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{- /* What is added to builder pods, as a JSON object. */ -}}
{{- define "osimage-operator.builderPod" -}}
{{- with .Values.builder -}}
{{- $pod := dict "labels" .podLabels "annotations" .podAnnotations "nodeSelector" .nodeSelector -}}
{{- $_ := set $pod "tolerations" .tolerations -}}
{{- if .affinity }}{{ $_ := set $pod "affinity" .affinity }}{{ end -}}
{{- if .priorityClassName }}{{ $_ := set $pod "priorityClassName" .priorityClassName }}{{ end -}}
{{- $_ := set $pod "env" (include "osimage-operator.proxy" $ | fromJson) -}}
{{- toJson $pod -}}
{{- end -}}
{{- end -}}

{{- /* What every pod of the chart has: security, and where it runs. */ -}}
{{- define "osimage-operator.pod" -}}
automountServiceAccountToken: true
enableServiceLinks: false
# No runAsUser: the image names a user that is not root, and platforms that assign one may.
securityContext:
  runAsNonRoot: true
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "osimage-operator.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- /* Name of the objects of the uninstall hook: that of a Job has at most 63 characters. */ -}}
{{- define "osimage-operator.uninstallName" -}}
{{- include "osimage-operator.fullname" . | trunc 53 | trimSuffix "-" }}-uninstall
{{- end -}}

{{- /* Makes an object one of the uninstall hook: dict "context" $ "weight" "0". */ -}}
{{- define "osimage-operator.uninstallMetadata" -}}
labels:
  {{- include "osimage-operator.labels" .context | nindent 2 }}
annotations:
  helm.sh/hook: pre-delete
  helm.sh/hook-weight: {{ .weight | quote }}
  helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end -}}

{{- /* A duration such as 1h30m in seconds. */ -}}
{{- define "osimage-operator.seconds" -}}
{{- $hours := regexFind "[0-9]+h" . | trimSuffix "h" | int -}}
{{- $minutes := regexFind "[0-9]+m" . | trimSuffix "m" | int -}}
{{- $seconds := regexFind "[0-9]+s" . | trimSuffix "s" | int -}}
{{- add (mul $hours 3600) (mul $minutes 60) $seconds -}}
{{- end -}}

{{- /* Refuses clocks that contradict each other, which the operator would refuse at its start. */ -}}
{{- define "osimage-operator.checkClocks" -}}
{{- with .Values.leaderElection -}}
{{- $lease := include "osimage-operator.seconds" .leaseDuration | int -}}
{{- $deadline := include "osimage-operator.seconds" .renewDeadline | int -}}
{{- $period := include "osimage-operator.seconds" .retryPeriod | int -}}
{{- if lt $lease (add $deadline $period | int) -}}
{{- fail (printf "leaderElection.leaseDuration: %s is less than renewDeadline and retryPeriod together" .leaseDuration) -}}
{{- end -}}
{{- if le (mul $deadline 10 | int) (mul $period 22 | int) -}}
{{- fail (printf "leaderElection.renewDeadline: %s is not more than 2.2 times retryPeriod" .renewDeadline) -}}
{{- end -}}
{{- end -}}
{{- $age := include "osimage-operator.seconds" .Values.builder.keptJobs.maxAge | int -}}
{{- if or (lt $age 60) (gt $age 31536000) -}}
{{- fail (printf "builder.keptJobs.maxAge: %s is not between 1m and 8760h" .Values.builder.keptJobs.maxAge) -}}
{{- end -}}
{{- with .Values.builder.retry -}}
{{- if gt (include "osimage-operator.seconds" .initial | int) (include "osimage-operator.seconds" .max | int) -}}
{{- fail (printf "builder.retry.initial: %s is more than builder.retry.max" .initial) -}}
{{- end -}}
{{- if gt (include "osimage-operator.seconds" .slow.initial | int) (include "osimage-operator.seconds" .slow.max | int) -}}
{{- fail (printf "builder.retry.slow.initial: %s is more than builder.retry.slow.max" .slow.initial) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "osimage-operator.gatewayName" -}}
{{- include "osimage-operator.fullname" . | trunc 55 | trimSuffix "-" }}-gateway
{{- end -}}

{{- /* Not those of the operator, whose Service must not find the gateways. */ -}}
{{- define "osimage-operator.gatewaySelectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}-gateway
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "osimage-operator.gatewayLabels" -}}
{{ include "osimage-operator.gatewaySelectorLabels" . }}
app.kubernetes.io/component: gateway
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* A size such as 20Gi in bytes. */ -}}
{{- define "osimage-operator.bytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 -}}
{{- $units := dict "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 -}}
{{- mul $number (get $units (regexFind "[MGT]i$" .) | int64) -}}
{{- end -}}
