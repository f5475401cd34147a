{{- define "origin.name" -}}
{{- printf "%s-app" .Release.Name | trunc 63 -}}
{{- end -}}

{{- define "origin.labels" -}}
app: {{ include "origin.name" . }}
{{ include "lib.common" (dict "root" . "zone" .Values.global.zone) }}
{{- end -}}

{{- define "origin.container" -}}
- name: {{ .name }}
  image: {{ printf "%s:%s" .image.repository .image.tag | quote }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  {{- with .probe }}
  livenessProbe:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
