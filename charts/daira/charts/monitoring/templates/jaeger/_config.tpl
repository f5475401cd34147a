{{/* The Go runtime's and the receiver's share of the memory limit, in MiB. Takes: the subchart's context. */}}
{{- define "daira.jaeger.memory" -}}
{{- $limit := dig "limits" "memory" "" (.Values.jaeger.resources | default dict) -}}
{{- if not $limit -}}
{{- fail "\n\nmonitoring.jaeger.resources.limits.memory is not set: how many spans Jaeger takes in before it refuses more is derived from it. Set it, for example to 1Gi." -}}
{{- end -}}
{{- div (mul (include "daira.memoryMiB" (dict "quantity" $limit) | int) 80) 100 -}}
{{- end -}}

{{/* The chart's configuration of Jaeger 2. Takes: the subchart's context. */}}
{{- define "daira.jaeger.settings" -}}
service:
  extensions: [jaeger_storage, jaeger_query, healthcheckv2]
  pipelines:
    traces:
      receivers: [otlp]
      processors: [memory_limiter, batch]
      exporters: [jaeger_storage_exporter]
  telemetry:
    resource:
      service.name: jaeger
    metrics:
      level: normal
      readers:
        - pull:
            exporter:
              prometheus:
                host: 0.0.0.0
                port: 8888
    logs:
      level: info
      encoding: json
extensions:
  healthcheckv2:
    use_v2: true
    http:
      endpoint: 0.0.0.0:13133
      status:
        enabled: true
        path: /status
  jaeger_storage:
    backends:
      traces:
        badger:
          ephemeral: false
          directories:
            keys: /badger/keys
            values: /badger/values
          ttl:
            spans: {{ .Values.jaeger.retention }}
  jaeger_query:
    base_path: {{ .Values.jaeger.basePath }}
    # Traces of Jaeger's own queries would stand between DAIRA's.
    enable_tracing: false
    storage:
      traces: traces
    http:
      endpoint: 0.0.0.0:16686
    # The UI needs HTTP alone: the second door stays inside the pod.
    grpc:
      endpoint: 127.0.0.1:16685
receivers:
  otlp:
    protocols:
      grpc:
        endpoint: 0.0.0.0:4317
      http:
        endpoint: 0.0.0.0:4318
processors:
  # Refuses spans, which senders may repeat, before the kernel ends the process.
  memory_limiter:
    check_interval: 1s
    limit_mib: {{ include "daira.jaeger.memory" . }}
    spike_limit_mib: {{ div (include "daira.jaeger.memory" . | int) 5 }}
  batch: {}
exporters:
  jaeger_storage_exporter:
    trace_storage: traces
{{- end -}}

{{/* config.yaml. Takes: the subchart's context. */}}
{{- define "daira.jaeger.config" -}}
{{- $settings := include "daira.jaeger.settings" . | fromYaml -}}
{{- toYaml (mergeOverwrite $settings (deepCopy (.Values.jaeger.config | default dict))) -}}
{{- end -}}
