{{/* grafana.ini. Takes: the subchart's context. */}}
{{- define "daira.grafana.ini" -}}
{{- $values := .Values.grafana -}}
{{- $settings := include "daira.grafana.settings" . | fromYaml -}}
{{- $settings = mergeOverwrite $settings (deepCopy ($values.config | default dict)) -}}
; Made by the chart from grafana.rootUrl, grafana.adminUser and grafana.config.
{{- range $section := keys $settings | sortAlpha }}
[{{ $section }}]
{{- $keys := get $settings $section }}
{{- range $key := keys $keys | sortAlpha }}
{{ $key }} = {{ get $keys $key }}
{{- end }}
{{- end }}
{{- end -}}

{{/*
The chart's settings by section: nobody gets in without the password, and nothing is fetched from or reported to the
internet. Takes: the subchart's context.
*/}}
{{- define "daira.grafana.settings" -}}
{{- $values := .Values.grafana -}}
server:
  http_port: "3000"
  root_url: {{ $values.rootUrl | quote }}
security:
  admin_user: {{ $values.adminUser | quote }}
  cookie_secure: {{ hasPrefix "https://" $values.rootUrl }}
  disable_gravatar: true
auth.anonymous:
  enabled: false
users:
  allow_sign_up: false
  allow_org_create: false
analytics:
  reporting_enabled: false
  check_for_updates: false
  check_for_plugin_updates: false
  feedback_links_enabled: false
news:
  news_feed_enabled: false
snapshots:
  external_enabled: false
plugins:
  # Grafana 12 otherwise downloads plugins at every start.
  preinstall_disabled: true
  plugin_admin_enabled: false
log:
  mode: console
log.console:
  format: json
{{- end -}}

{{/* Where Grafana asks. The uids are fixed: dashboards name them. Takes: the subchart's context. */}}
{{- define "daira.grafana.datasources" -}}
{{- $prometheus := include "daira.monitoring.host" (dict "ctx" . "component" "prometheus") -}}
{{- $alertmanager := include "daira.monitoring.host" (dict "ctx" . "component" "alertmanager") -}}
{{- $jaeger := include "daira.monitoring.host" (dict "ctx" . "component" "jaeger") -}}
apiVersion: 1
# A source whose component was switched off disappears again.
prune: true
{{- if not (or .Values.prometheus.enabled .Values.alertmanager.enabled .Values.jaeger.enabled) }}
datasources: []
{{- else }}
datasources:
  {{- if .Values.prometheus.enabled }}
  - name: Prometheus
    uid: prometheus
    type: prometheus
    access: proxy
    url: http://{{ $prometheus }}:9090
    isDefault: true
    editable: false
    jsonData:
      httpMethod: POST
      timeInterval: {{ .Values.prometheus.scrapeInterval }}
      {{- if .Values.alertmanager.enabled }}
      alertmanagerUid: alertmanager
      {{- end }}
  {{- end }}
  {{- if .Values.alertmanager.enabled }}
  - name: Alertmanager
    uid: alertmanager
    type: alertmanager
    access: proxy
    url: http://{{ $alertmanager }}:9093
    editable: false
    jsonData:
      implementation: prometheus
      handleGrafanaManagedAlerts: false
  {{- end }}
  {{- if .Values.jaeger.enabled }}
  - name: Jaeger
    uid: jaeger
    type: jaeger
    access: proxy
    url: http://{{ $jaeger }}:16686{{ trimSuffix "/" .Values.jaeger.basePath }}
    editable: false
  {{- end }}
{{- end }}
{{- end -}}

{{/* The files a running Grafana was started with, as YAML. Takes: the subchart's context. */}}
{{- define "daira.grafana.files" -}}
grafana.ini: |
  {{- include "daira.grafana.ini" . | nindent 2 }}
datasources.yaml: |
  {{- include "daira.grafana.datasources" . | nindent 2 }}
dashboards.yaml: |
  apiVersion: 1
  providers:
    - name: daira
      folder: DAIRA
      type: file
      # A dashboard taken out of the chart disappears from Grafana too.
      disableDeletion: false
      allowUiUpdates: false
      updateIntervalSeconds: 30
      options:
        path: /etc/grafana-dashboards
# Grafana looks into two more folders and complains when they are missing.
none.yaml: |
  apiVersion: 1
{{- end -}}
