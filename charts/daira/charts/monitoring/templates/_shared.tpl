{{/* A Service's full name in the cluster's DNS. Takes: ctx, component. */}}
{{- define "daira.monitoring.host" -}}
{{- $global := .ctx.Values.global | default dict -}}
{{ include "daira.fullname" . }}.{{ .ctx.Release.Namespace }}.svc.{{ $global.clusterDomain | default "cluster.local" }}
{{- end -}}

{{/*
What the specs of the four StatefulSets have in common: one replica with a volume that only one pod may hold.
Takes: ctx, component, values.
*/}}
{{- define "daira.monitoring.statefulset" -}}
replicas: 1
# Nobody asks for the pod by name, so the ordinary Service will do.
serviceName: {{ include "daira.fullname" . }}
# With one replica there is no order to keep, and a pod that never became ready is replaced by the next rollout.
podManagementPolicy: Parallel
updateStrategy:
  type: RollingUpdate
revisionHistoryLimit: 3
persistentVolumeClaimRetentionPolicy:
  whenDeleted: Retain
  whenScaled: Retain
selector:
  matchLabels:
    {{- include "daira.selectorLabels" . | nindent 4 }}
volumeClaimTemplates:
  - metadata:
      name: data
      labels:
        {{- include "daira.selectorLabels" . | nindent 8 }}
      {{- with .values.persistence.annotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .values.persistence.storageClass | default (.ctx.Values.global).storageClass }}
      storageClassName: {{ . | quote }}
      {{- end }}
      resources:
        requests:
          storage: {{ .values.persistence.size }}
{{- end -}}

{{/* Labels and annotations of a pod. Takes: ctx, component, values, data (the configuration it was started with). */}}
{{- define "daira.monitoring.podMetadata" -}}
labels:
  {{- include "daira.podLabels" . | nindent 2 }}
annotations:
  checksum/config: {{ include "daira.configChecksum" (dict "data" .data) }}
  {{- with .values.podAnnotations }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end -}}

{{/* What the four pods have in common. Takes: ctx, component, values, id (uid and gid). */}}
{{- define "daira.monitoring.pod" -}}
serviceAccountName: {{ include "daira.serviceAccountName" . | quote }}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with include "daira.pullSecrets" (dict "ctx" .ctx) }}
{{ trim . }}
{{- end }}
securityContext:
  {{- include "daira.podSecurityContext" (dict "ctx" .ctx "uid" .id "gid" .id "fsGroup" true) | nindent 2 }}
terminationGracePeriodSeconds: {{ .values.terminationGracePeriodSeconds }}
{{ include "daira.scheduling" . | trim }}
{{- end -}}

{{/* Image and security of a container. Takes: ctx, values. */}}
{{- define "daira.monitoring.container" -}}
image: {{ include "daira.image" (dict "ctx" .ctx "image" .values.image) }}
imagePullPolicy: {{ .values.image.pullPolicy }}
securityContext:
  {{- include "daira.containerSecurityContext" (dict "ctx" .ctx) | nindent 2 }}
resources:
  {{- toYaml .values.resources | nindent 2 }}
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{/* A ClusterIP Service. Takes: ctx, component, ports (name -> {port, targetPort}). */}}
{{- define "daira.monitoring.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "daira.fullname" . }}
  namespace: {{ .ctx.Release.Namespace | quote }}
  labels:
    {{- include "daira.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  ports:
    {{- range $name, $port := .ports }}
    - name: {{ $name }}
      port: {{ $port }}
      targetPort: {{ $name }}
    {{- end }}
  selector:
    {{- include "daira.selectorLabels" . | nindent 4 }}
{{- end -}}
