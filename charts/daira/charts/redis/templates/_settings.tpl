{{/*
The settings of redis.conf as YAML: the chart's, with maxmemory from the memory limit, then `config` on top.
Takes: the subchart's context.
*/}}
{{- define "daira.redis.settings" -}}
{{- $limit := dig "limits" "memory" "" (.Values.resources | default dict) -}}
{{- if not $limit -}}
{{- fail "\n\nredis.resources.limits.memory is not set: maxmemory is derived from it, and a Redis without maxmemory grows until the node kills it. Set it, for example to 256Mi." -}}
{{- end -}}
{{- $memory := include "daira.memoryMiB" (dict "quantity" $limit) | int -}}
bind: "* -::*"
port: 6379
protected-mode: "yes"
dir: /data
daemonize: "no"
loglevel: notice
tcp-keepalive: 60
maxclients: 1000
maxmemory: {{ div (mul $memory 75) 100 }}mb
maxmemory-policy: {{ .Values.maxmemoryPolicy }}
appendonly: "yes"
appendfsync: {{ .Values.appendfsync }}
# A file cut off by a crash is loaded up to the cut; one that is damaged inside is refused.
aof-load-truncated: "yes"
aof-use-rdb-preamble: "yes"
no-appendfsync-on-rewrite: "no"
auto-aof-rewrite-percentage: 100
auto-aof-rewrite-min-size: 16mb
save: "3600 1 300 100 60 10000"
{{- end -}}

{{/* redis.conf. Takes: the subchart's context. */}}
{{- define "daira.redis.conf" -}}
{{- $settings := include "daira.redis.settings" . | fromYaml -}}
{{- $settings = mergeOverwrite $settings (deepCopy (.Values.config | default dict)) -}}
# Made by the chart from the memory limit and redis.config.
{{- range $key := keys $settings | sortAlpha }}
{{- $value := get $settings $key }}
{{- /* YAML's true and big numbers in the spelling Redis reads. */}}
{{- if kindIs "bool" $value }}{{ $value = ternary "yes" "no" $value }}{{ end }}
{{- if kindIs "float64" $value }}{{ $value = ternary (printf "%.0f" $value) (toString $value) (eq $value (floor $value)) }}{{ end }}
{{ $key }} {{ $value | toString | default "\"\"" }}
{{- end }}
# The password, written at the start into memory.
include /run/redis/auth.conf
{{- end -}}
