{{/*
The selector: the smallest pair that never changes. A released chart's selectors are immutable, so nothing else may ever
be added here. Takes: ctx, component.
*/}}
{{- define "daira.selectorLabels" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .ctx.Release.Name | quote }}
{{- end -}}

{{/*
Labels of a pod template: no chart and no app version, or every chart release would restart every pod.
Takes: ctx, component.
*/}}
{{- define "daira.podLabels" -}}
{{ include "daira.selectorLabels" . }}
app.kubernetes.io/part-of: daira
{{- end -}}

{{/* Labels of an object. Takes: ctx, component. */}}
{{- define "daira.labels" -}}
{{ include "daira.podLabels" . }}
app.kubernetes.io/managed-by: {{ .ctx.Release.Service }}
app.kubernetes.io/version: {{ .ctx.Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .ctx.Chart.Name .ctx.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}
