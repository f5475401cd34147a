{{/*
The name of an object: <release>-<component>.
At most 52 characters: a StatefulSet's pods carry a label of its name plus 11 characters, and a label ends at 63. A longer
name has its release part cut and 5 hex digits of the release's hash put in, so that two long releases never meet.
Takes: ctx, component.
*/}}
{{- define "daira.fullname" -}}
{{- $release := .ctx.Release.Name -}}
{{- /* A Service's name has no dot and begins with a letter; a release's may have and be otherwise. */ -}}
{{- $fit := $release | replace "." "-" -}}
{{- if not (regexMatch "^[a-z]" $fit) }}{{ $fit = printf "r%s" $fit }}{{ end -}}
{{- $name := printf "%s-%s" $fit .component -}}
{{- if or (ne $fit $release) (gt (len $name) 52) -}}
{{- $room := sub 45 (len .component) | int -}}
{{- $name = printf "%s-%s-%s" (trunc $room $fit | trimSuffix "-") (sha256sum $release | trunc 5) .component -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* The Secret every password and connection string is read from. Takes: ctx. */}}
{{- define "daira.secretName" -}}
{{- $global := .ctx.Values.global | default dict -}}
{{- $global.existingSecret | default (include "daira.fullname" (dict "ctx" .ctx "component" "secrets")) -}}
{{- end -}}

{{/* The ServiceAccount a component's pods use. Takes: ctx, component, values. */}}
{{- define "daira.serviceAccountName" -}}
{{- $account := .values.serviceAccount | default dict -}}
{{- if $account.name -}}
{{- $account.name -}}
{{- else if eq (toString $account.create) "false" -}}
default
{{- else -}}
{{- include "daira.fullname" . -}}
{{- end -}}
{{- end -}}

{{/* <registry>/<repository>:<tag>[@<digest>]; the tag defaults to the appVersion of the chart in ctx. Takes: ctx, image. */}}
{{- define "daira.image" -}}
{{- $global := .ctx.Values.global | default dict -}}
{{- $registry := $global.imageRegistry | default .image.registry -}}
{{- /* YAML reads an unquoted commit of digits alone as a number, and a big one must not become 1.2e+06. */ -}}
{{- $tag := .image.tag | default .ctx.Chart.AppVersion -}}
{{- if and (kindIs "float64" $tag) (eq (floor $tag) $tag) }}{{ $tag = printf "%.0f" $tag }}{{ end -}}
{{- with $registry }}{{ trimSuffix "/" . }}/{{ end -}}
{{- .image.repository }}:{{ $tag }}
{{- with .image.digest }}@{{ . }}{{ end -}}
{{- end -}}

{{/* imagePullSecrets of a pod, from global.imagePullSecrets: plain names or {name: …}. Takes: ctx. */}}
{{- define "daira.pullSecrets" -}}
{{- $global := .ctx.Values.global | default dict -}}
{{- with $global.imagePullSecrets -}}
imagePullSecrets:
{{- range . }}
  - name: {{ if kindIs "map" . }}{{ .name | quote }}{{ else }}{{ quote . }}{{ end }}
{{- end }}
{{- end }}
{{- end -}}
