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
