{{/*
The environment of @name@ that is no secret, as JSON: one definition for the ConfigMap and for its checksum.
What `config` sets wins over what is derived here.
*/}}
{{- define "daira.@name@.config" -}}
{{- $data := dict "PORT" "@port@" -}}
{{- range $key, $value := .Values.config -}}
{{- if not (or (kindIs "invalid" $value) (eq (toString $value) "")) -}}
{{- /* A big whole number must not become 1e+06. */ -}}
{{- $whole := and (kindIs "float64" $value) (eq (floor $value) $value) -}}
{{- $_ := set $data $key (ternary (printf "%.0f" (float64 $value)) (toString $value) $whole) -}}
{{- end -}}
{{- end -}}
{{- $data | toJson -}}
{{- end -}}
