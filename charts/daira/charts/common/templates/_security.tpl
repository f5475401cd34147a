{{/*
Pod security context that the `restricted` standard admits. On OpenShift the platform chooses the ids from the
namespace's range and refuses ours, so they are left out there.
Takes: ctx, uid, gid, fsGroup (true: volumes are made writable for gid).
*/}}
{{- define "daira.podSecurityContext" -}}
{{- $compatibility := (.ctx.Values.global | default dict).compatibility | default dict -}}
runAsNonRoot: true
{{- if not $compatibility.openshift }}
runAsUser: {{ .uid }}
runAsGroup: {{ .gid }}
{{- if .fsGroup }}
fsGroup: {{ .gid }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Container security context, the same for every container. Takes: ctx. */}}
{{- define "daira.containerSecurityContext" -}}
allowPrivilegeEscalation: false
privileged: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop:
    - ALL
seccompProfile:
  type: RuntimeDefault
{{- end -}}
