{{/*
Where a component's pods may run. A local value wins over the preset of the same name in `global`.
Both spreads are soft: a cluster with one node, or one that is down, must still run every replica.
nodeTaintsPolicy Honor keeps a tainted control plane from counting as an empty node.
Takes: ctx, component, values; optional deployment (true: each rollout is spread for itself).
*/}}
{{- define "daira.scheduling" -}}
{{- $global := .ctx.Values.global | default dict -}}
affinity:
{{- if .values.affinity }}
  {{- toYaml .values.affinity | nindent 2 }}
{{- else }}
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "daira.selectorLabels" . | nindent 14 }}
{{- end }}
topologySpreadConstraints:
{{- if .values.topologySpreadConstraints }}
  {{- toYaml .values.topologySpreadConstraints | nindent 2 }}
{{- else }}
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    nodeTaintsPolicy: Honor
    {{- if .deployment }}
    matchLabelKeys:
      - pod-template-hash
    {{- end }}
    labelSelector:
      matchLabels:
        {{- include "daira.selectorLabels" . | nindent 8 }}
{{- end }}
{{- with .values.priorityClassName | default $global.priorityClassName }}
priorityClassName: {{ . | quote }}
{{- end }}
{{- with .values.nodeSelector | default $global.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.tolerations | default $global.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
