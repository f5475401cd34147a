{{/*
The backend's environment that is no secret, as JSON: one definition for the ConfigMap and for its checksum.
What `config` sets wins over what is derived here.
*/}}
{{- define "daira.backend.config" -}}
{{- $limit := .Values.resources.limits.memory -}}
{{- $heap := div (mul (include "daira.memoryMiB" (dict "quantity" $limit) | int) (.Values.heapPercent | int)) 100 -}}
{{- $data := dict
  "PORT" "3000"
  "NODE_OPTIONS" (printf "--max-old-space-size=%d" $heap)
  "DATABASE_POOL_SIZE" (.Values.database.poolSize | int | toString) -}}
{{- if .Values.tracing.enabled -}}
{{- $jaeger := printf "http://%s:4317" (include "daira.fullname" (dict "ctx" . "component" "jaeger")) -}}
{{- $_ := set $data "OTEL_EXPORTER_OTLP_ENDPOINT" (.Values.tracing.endpoint | default $jaeger) -}}
{{- $_ := set $data "OTEL_SERVICE_NAME" "daira-backend" -}}
{{- end -}}
{{- range $key, $value := .Values.config -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- /* A big whole number must not become 1e+06. */ -}}
{{- $whole := and (kindIs "float64" $value) (eq (floor $value) $value) -}}
{{- $_ := set $data $key (ternary (printf "%.0f" (float64 $value)) (toString $value) $whole) -}}
{{- end -}}
{{- end -}}
{{- if not $data.NODE_ENV -}}
{{- $_ := set $data "NODE_ENV" ((.Values.global | default dict).environment | default "development") -}}
{{- end -}}
{{- $data | toJson -}}
{{- end -}}
