{{/* Whether a component of files/edges.yaml is installed: "true" or "". Takes: ctx, component (its entry). */}}
{{- define "daira.edges.installed" -}}
{{- $values := .ctx.Values.AsMap -}}
{{- $installed := include "daira.allSet" (dict "values" $values "paths" .component.when) -}}
{{- range .component.unless -}}
{{- if include "daira.valueAt" (dict "values" $values "path" .) -}}{{- $installed = "" -}}{{- end -}}
{{- end -}}
{{- $installed -}}
{{- end -}}

{{/* Whether the values an edge asks for are set: "true" or "". Takes: ctx, edge. */}}
{{- define "daira.edges.wanted" -}}
{{- $values := .ctx.Values.AsMap -}}
{{- $wanted := not .edge.whenAny -}}
{{- range .edge.whenAny -}}
{{- if include "daira.valueAt" (dict "values" $values "path" .) -}}{{- $wanted = true -}}{{- end -}}
{{- end -}}
{{- if $wanted -}}
{{- include "daira.allSet" (dict "values" $values "paths" (.edge.when | default list)) -}}
{{- end -}}
{{- end -}}

{{/* The ports of an edge, by name. Takes: a list. */}}
{{- define "daira.edges.ports" -}}
ports:
{{- range . }}
  - port: {{ . }}
    protocol: TCP
{{- end }}
{{- end -}}

{{/* The peers the Ingress controller or gateway may come from. Takes: the root context. */}}
{{- define "daira.edges.ingressController" -}}
{{- with .Values.networkPolicy.ingressController -}}
{{- if .podSelector }}
- namespaceSelector:
    {{- toYaml (.namespaceSelector | default dict) | nindent 4 }}
  podSelector:
    {{- toYaml .podSelector | nindent 4 }}
{{- end }}
{{- range .cidrs }}
- ipBlock:
    cidr: {{ . }}
{{- end }}
{{- end -}}
{{- end -}}

{{/* Egress to a store outside the release. Takes: cidr, port. */}}
{{- define "daira.edges.external" -}}
- to:
    - ipBlock:
        cidr: {{ .cidr }}
  ports:
    - port: {{ .port | int }}
      protocol: TCP
{{- end -}}

{{/* Egress to the cluster's DNS, UDP and TCP: a long answer comes by TCP. Takes: the root context. */}}
{{- define "daira.edges.dns" -}}
{{- with .Values.networkPolicy.dns -}}
- to:
    - namespaceSelector:
        {{- toYaml .namespaceSelector | nindent 8 }}
      podSelector:
        {{- toYaml .podSelector | nindent 8 }}
    {{- range .cidrs }}
    - ipBlock:
        cidr: {{ . }}
    {{- end }}
  ports:
    {{- range .ports }}
    - port: {{ . }}
      protocol: UDP
    - port: {{ . }}
      protocol: TCP
    {{- end }}
{{- end -}}
{{- end -}}
