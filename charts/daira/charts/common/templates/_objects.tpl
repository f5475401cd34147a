{{/*
The fewest replicas a component runs with: the HPA's minimum when it is on, else the fixed number. Takes: values.
*/}}
{{- define "daira.minReplicas" -}}
{{- $hpa := .values.autoscaling | default dict -}}
{{- ternary $hpa.minReplicas .values.replicas ($hpa.enabled | default false) | int -}}
{{- end -}}

{{/*
A PodDisruptionBudget, only above one replica: with a single replica it would block every drain for ever.
AlwaysAllow lets a drain remove a pod that is broken anyway. Takes: ctx, component, values.
*/}}
{{- define "daira.pdb" -}}
{{- if gt (include "daira.minReplicas" . | int) 1 -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "daira.fullname" . }}
  namespace: {{ .ctx.Release.Namespace | quote }}
  labels:
    {{- include "daira.labels" . | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "daira.selectorLabels" . | nindent 6 }}
{{- end }}
{{- end -}}

{{/*
A HorizontalPodAutoscaler for the Deployment of the same name. A target of 0 leaves that metric out.
Takes: ctx, component, values.
*/}}
{{- define "daira.hpa" -}}
{{- with .values.autoscaling -}}
{{- if .enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: {{ include "daira.fullname" $ }}
  namespace: {{ $.ctx.Release.Namespace | quote }}
  labels:
    {{- include "daira.labels" $ | nindent 4 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "daira.fullname" $ }}
  minReplicas: {{ .minReplicas }}
  maxReplicas: {{ .maxReplicas }}
  metrics:
    {{- if .targetCPUUtilizationPercentage }}
    - type: Resource
      resource:
        name: cpu
        target:
          type: Utilization
          averageUtilization: {{ .targetCPUUtilizationPercentage }}
    {{- end }}
    {{- if .targetMemoryUtilizationPercentage }}
    - type: Resource
      resource:
        name: memory
        target:
          type: Utilization
          averageUtilization: {{ .targetMemoryUtilizationPercentage }}
    {{- end }}
  behavior:
    scaleDown:
      stabilizationWindowSeconds: {{ .scaleDownStabilizationSeconds }}
      selectPolicy: Max
      policies:
        - type: Percent
          value: 50
          periodSeconds: 60
        - type: Pods
          value: 1
          periodSeconds: 60
{{- end }}
{{- end }}
{{- end -}}

{{/* A ServiceAccount without a token: no component talks to the Kubernetes API. Takes: ctx, component, values. */}}
{{- define "daira.serviceaccount" -}}
{{- $account := .values.serviceAccount | default dict -}}
{{- if ne (toString $account.create) "false" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "daira.serviceAccountName" . | quote }}
  namespace: {{ .ctx.Release.Namespace | quote }}
  labels:
    {{- include "daira.labels" . | nindent 4 }}
  {{- with $account.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
automountServiceAccountToken: false
{{- end }}
{{- end -}}
