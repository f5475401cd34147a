{{/* Where nginx sends /api/ and /socket.io: the backend's Service by its complete name. */}}
{{- define "daira.frontend.backendHost" -}}
{{- $domain := (.Values.global | default dict).clusterDomain | default "cluster.local" -}}
{{ include "daira.fullname" (dict "ctx" . "component" "backend") }}.{{ .Release.Namespace }}.svc.{{ $domain }}:3000
{{- end -}}

{{/* nginx's two files as JSON: one definition for the ConfigMap and for its checksum. */}}
{{- define "daira.frontend.config" -}}
{{- dict
  "nginx.conf" (tpl (.Files.Get "files/nginx.conf") .)
  "default.conf" (tpl (.Files.Get "files/default.conf") .) | toJson -}}
{{- end -}}

{{/*
How nginx is started: its resolvers are taken from /etc/resolv.conf (IPv6 in brackets, as nginx wants them) and asked
again after 5 s, then the shell makes way for nginx. The image's CMD is the same two steps.
*/}}
{{- define "daira.frontend.start" -}}
awk '$1 == "nameserver" { list = list " " (index($2, ":") ? "[" $2 "]" : $2) }
  END { print "resolver" (list ? list : " 127.0.0.1") " valid=5s;"; print "resolver_timeout 3s;" }' \
  /etc/resolv.conf > /tmp/resolver.conf
exec nginx -c /etc/nginx/nginx.conf -e stderr -g 'daemon off;'
{{- end -}}
