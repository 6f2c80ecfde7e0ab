{{- define "grantd.name" -}}
{{- if contains "grantd" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-grantd" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "grantd.selector" -}}
app.kubernetes.io/name: grantd
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "grantd.labels" -}}
{{ include "grantd.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}
