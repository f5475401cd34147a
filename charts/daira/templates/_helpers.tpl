{{/* The value at a dotted path, "" when any part of it is missing. Takes: values, path. */}}
{{- define "daira.valueAt" -}}
{{- $at := .values -}}
{{- range splitList "." .path -}}
{{- if kindIs "map" $at -}}{{- $at = get $at . -}}{{- else -}}{{- $at = "" -}}{{- end -}}
{{- end -}}
{{- if $at -}}{{- $at -}}{{- end -}}
{{- end -}}

{{/* Whether every one of the dotted paths holds something truthy: "true" or "". Takes: values, paths. */}}
{{- define "daira.allSet" -}}
{{- $all := true -}}
{{- range .paths -}}
{{- if not (include "daira.valueAt" (dict "values" $.values "path" .)) -}}{{- $all = false -}}{{- end -}}
{{- end -}}
{{- if $all -}}true{{- end -}}
{{- end -}}

{{/*
Where the backend's store is: "bundled" (in this release), "external" (a managed one: named by external.host, or known
only to a Secret that brings the connection string), or "none". Takes: ctx, store (postgres or redis), key.
*/}}
{{- define "daira.store" -}}
{{- $values := get .ctx.Values .store | default dict -}}
{{- $given := get (.ctx.Values.secrets.values | default dict) .key -}}
{{- if dig "external" "host" "" $values -}}
external
{{- else if $values.enabled -}}
bundled
{{- else if or .ctx.Values.global.existingSecret $given -}}
external
{{- else -}}
none
{{- end -}}
{{- end -}}

{{- define "daira.database" -}}
{{- include "daira.store" (dict "ctx" . "store" "postgres" "key" "DATABASE_URL") -}}
{{- end -}}

{{- define "daira.cache" -}}
{{- include "daira.store" (dict "ctx" . "store" "redis" "key" "REDIS_URL") -}}
{{- end -}}

{{/*
The host of a connection string, "" where there is none. Not urlParse: it ends the render with the whole URL in its message,
the password included, where a character was not encoded. Takes: the URL.
*/}}
{{- define "daira.hostOfUrl" -}}
{{- regexReplaceAll "(?s)^(?:[^:/?#]*://)?(?:[^/?#]*@)?([^/?#]*?)(?::[0-9]*)?(?:[/?#].*)?$" (. | toString | trim) "${1}" -}}
{{- end -}}

{{/*
Whether a host is a Service of the bundled store in this namespace, by any of its DNS names: "true" or "".
Takes: ctx, store (postgres or redis), host.
*/}}
{{- define "daira.isBundledHost" -}}
{{- $service := include "daira.fullname" (dict "ctx" .ctx "component" .store) -}}
{{- $pods := include "daira.fullname" (dict "ctx" .ctx "component" (printf "%s-pods" .store)) -}}
{{- $names := printf "(%s|(%s-0\\.)?%s)" (regexQuoteMeta $service) (regexQuoteMeta $service) (regexQuoteMeta $pods) -}}
{{- $namespace := printf "(\\.%s(\\.svc(\\..+)?)?)?" (regexQuoteMeta .ctx.Release.Namespace) -}}
{{- if regexMatch (printf "^%s%s$" $names $namespace) (.host | toString | lower | trimSuffix ".") -}}true{{- end -}}
{{- end -}}

{{/* Text safe inside the user part of a URL. */}}
{{- define "daira.urlquote" -}}
{{- . | urlquery | replace "+" "%20" -}}
{{- end -}}

{{/* Address users open, as far as the chart knows it. */}}
{{- define "daira.url" -}}
{{- if .Values.ingress.enabled -}}
{{ ternary "https" "http" .Values.ingress.tls.enabled }}://{{ .Values.ingress.host }}
{{- else if and .Values.gateway.enabled .Values.gateway.hostnames -}}
https://{{ first .Values.gateway.hostnames }}
{{- end -}}
{{- end -}}
