{{/*
The public paths in the order they are tried, as JSON: shared by the Ingress and the HTTPRoute. A component that is off
has no path.
*/}}
{{- define "daira.routes" -}}
{{- $routes := list -}}
{{- if .Values.backend.enabled -}}
{{- $routes = concat $routes (list (dict "path" "/socket.io" "component" "backend" "port" 3000) (dict "path" "/api" "component" "backend" "port" 3000)) -}}
{{- end -}}
{{- if .Values.frontend.enabled -}}
{{- $routes = append $routes (dict "path" "/" "component" "frontend" "port" 80) -}}
{{- end -}}
{{- $routes | toJson -}}
{{- end -}}
