{{- define "lib.common" -}}
zone: {{ .zone }}
release: {{ .root.Release.Name | quote }}
{{- end -}}

{{/* Printed, and made a checksum of. */}}
{{- define "lib.sidecar" -}}
- name: sidecar
  image: registry.example.com/sidecar:1
  args:
    - --zone={{ .Values.global.zone }}
{{- end -}}
