{{- define "bench.selectorLabels" -}}
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{- define "bench.podLabels" -}}
{{ include "bench.selectorLabels" . }}
app.kubernetes.io/component: web
app.kubernetes.io/part-of: bench
{{- end }}

{{- define "bench.labels" -}}
{{ include "bench.podLabels" . }}
team: platform
{{- end }}
