{{/*
How the database's tables are brought up to date:
"job"   a bundled database is part of this release, so a hook before the installation would wait for it for ever. A plain
        Job is installed beside it and waits for the database itself; the backend serves meanwhile.
"hook"  an external database is there already, so a hook runs before anything is changed: when it fails, the old version
        keeps running over the old tables.
""      off, or there is no database.
*/}}
{{- define "daira.migrations.mode" -}}
{{- if and .Values.backend.enabled .Values.migrations.enabled -}}
{{- get (dict "bundled" "job" "external" "hook" "none" "") (include "daira.database" .) -}}
{{- end -}}
{{- end -}}

{{/*
The name of the Secret with DATABASE_URL. A hook runs before this release's Secret exists or has changed, so it has one of its
own, unless the Secret is the user's.
*/}}
{{- define "daira.migrations.secretName" -}}
{{- if or (eq (include "daira.migrations.mode" .) "job") .Values.global.existingSecret -}}
{{- include "daira.secretName" (dict "ctx" .) -}}
{{- else -}}
{{- include "daira.fullname" (dict "ctx" . "component" "migrations") -}}
{{- end -}}
{{- end -}}

{{/* The Job's pod: everything in it is part of the Job's name, because a Job can not be changed. */}}
{{- define "daira.migrations.pod" -}}
{{- $backend := .Subcharts.backend -}}
{{- $job := dict "ctx" $ "component" "migrations" "values" (dict "serviceAccount" (dict "create" true)) -}}
metadata:
  labels:
    {{- include "daira.podLabels" $job | nindent 4 }}
spec:
  {{- with include "daira.pullSecrets" $job }}
  {{- . | nindent 2 }}
  {{- end }}
  restartPolicy: Never
  serviceAccountName: {{ include "daira.serviceAccountName" $job | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext:
    {{- include "daira.podSecurityContext" (dict "ctx" $ "uid" 10001 "gid" 10001 "fsGroup" false) | nindent 4 }}
  {{- with .Values.global.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.global.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.global.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  containers:
    - name: migrations
      image: {{ include "daira.image" (dict "ctx" $backend "image" $backend.Values.image) | quote }}
      imagePullPolicy: {{ $backend.Values.image.pullPolicy }}
      command:
        {{- toYaml .Values.migrations.command | nindent 8 }}
      env:
        - name: NODE_ENV
          value: {{ .Values.global.environment | quote }}
        - name: MIGRATE_WAIT_SECONDS
          value: {{ .Values.migrations.waitSeconds | int | quote }}
        - name: DATABASE_URL
          valueFrom:
            secretKeyRef:
              name: {{ include "daira.migrations.secretName" $ | quote }}
              key: DATABASE_URL
      resources:
        {{- toYaml .Values.migrations.resources | nindent 8 }}
      securityContext:
        {{- include "daira.containerSecurityContext" (dict "ctx" $) | nindent 8 }}
      volumeMounts:
        - name: tmp
          mountPath: /tmp
  volumes:
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
{{- end -}}
