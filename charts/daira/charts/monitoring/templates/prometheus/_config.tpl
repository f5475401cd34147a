{{/*
One entry of scrape_configs. Takes: ctx, name, job.
The DNS name ends with a dot, so that it is asked for once and not once with every search domain.
*/}}
{{- define "daira.prometheus.job" -}}
{{- $job := .job -}}
{{- $instance := "" -}}
- job_name: {{ .name }}
  {{- with $job.interval }}
  scrape_interval: {{ . }}
  scrape_timeout: {{ . }}
  {{- end }}
  {{- with $job.path }}
  metrics_path: {{ . }}
  {{- end }}
  {{- with $job.scheme }}
  scheme: {{ . }}
  {{- end }}
  {{- if $job.targets }}
  {{- if eq .name "prometheus" }}
  {{- $instance = printf "%s:9090" (include "daira.fullname" (dict "ctx" .ctx "component" "prometheus")) }}
  {{- end }}
  static_configs:
    - targets:
        {{- toYaml $job.targets | nindent 8 }}
  {{- else }}
  {{- $host := "" }}
  {{- if $job.host }}
  {{- $host = tpl $job.host .ctx }}
  {{- $instance = printf "%s:%v" $host $job.port }}
  {{- else if $job.component }}
  {{- $host = include "daira.monitoring.host" (dict "ctx" .ctx "component" $job.component) }}
  {{- $instance = printf "%s:%v" (include "daira.fullname" (dict "ctx" .ctx "component" $job.component)) $job.port }}
  {{- else }}
  {{- fail (printf "\n\nmonitoring.prometheus.scrapeJobs.%s has neither component, host nor targets, so Prometheus would not know where to look. Set one of them." .name) }}
  {{- end }}
  dns_sd_configs:
    - names: [{{ printf "%s." (trimSuffix "." $host) | quote }}]
      type: A
      port: {{ int $job.port }}
      refresh_interval: 15s
  {{- end }}
  relabel_configs:
    - target_label: service
      replacement: {{ $job.service | default .name }}
    {{- if and $instance (not $job.perPod) }}
    # The name stays the same when the address behind it changes.
    - target_label: instance
      replacement: {{ $instance | quote }}
    {{- end }}
{{- end -}}

{{/* prometheus.yml. Takes: the subchart's context. */}}
{{- define "daira.prometheus.config" -}}
{{- $values := .Values.prometheus -}}
global:
  scrape_interval: {{ $values.scrapeInterval }}
  evaluation_interval: {{ $values.evaluationInterval }}
  external_labels:
    {{- $own := dict "environment" ((.Values.global).environment | default "development") "namespace" .Release.Namespace "release" .Release.Name }}
    {{- toYaml (mergeOverwrite $own (deepCopy ($values.externalLabels | default dict))) | nindent 4 }}
rule_files:
  - /etc/prometheus/rules/*.yaml
{{- if .Values.alertmanager.enabled }}
alerting:
  alertmanagers:
    - dns_sd_configs:
        - names: [{{ printf "%s." (include "daira.monitoring.host" (dict "ctx" . "component" "alertmanager")) | quote }}]
          type: A
          port: 9093
{{- end }}
scrape_configs:
{{- range $name, $job := $values.scrapeJobs }}
{{- /* A component of this subchart that is switched off need not be looked for. */}}
{{- $off := and $job (eq (toString $job.enabled) "false") }}
{{- with get $.Values (($job).component | default "") }}{{ $off = or $off (not .enabled) }}{{ end }}
{{- if and $job (not $off) }}
  {{- include "daira.prometheus.job" (dict "ctx" $ "name" $name "job" $job) | nindent 2 }}
{{- end }}
{{- end }}
{{- with $values.extraScrapeConfigs }}
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* The rule files as YAML: name -> text. Takes: the subchart's context. */}}
{{- define "daira.prometheus.rules" -}}
{{- range $name, $content := .Values.rules }}
{{- if not (hasSuffix ".yaml" $name) }}
{{- fail (printf "\n\nmonitoring.rules.%s: Prometheus reads *.yaml only, so these rules would silently never be evaluated. Let the name end with .yaml." $name) }}
{{- end }}
{{ $name }}: |
  {{- ternary $content (toYaml $content) (kindIs "string" $content) | trim | nindent 2 }}
{{- end }}
{{- end -}}
