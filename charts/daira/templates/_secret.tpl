{{/*
What the database's connection string is made of, without the password. It is kept as an annotation on the Secret: while
it stays the same, a connection string in the cluster keeps every byte; when it changes, a new one is made.
*/}}
{{- define "daira.databaseAddress" -}}
{{- $external := dig "external" dict (.Values.postgres | default dict) -}}
{{- if $external.host -}}
{{ $external.user | default "daira" }}@{{ $external.host }}:{{ $external.port | default 5432 | int }}/{{ $external.database | default "daira" }}?sslmode={{ $external.sslMode | default "require" }}
{{- else -}}
daira@{{ include "daira.fullname" (dict "ctx" . "component" "postgres") }}:5432/daira
{{- end -}}
{{- end -}}

{{- define "daira.cacheAddress" -}}
{{- $external := dig "external" dict (.Values.redis | default dict) -}}
{{- if $external.host -}}
{{ ternary "rediss" "redis" ($external.tls | default false) }}://{{ $external.user }}@{{ $external.host }}:{{ $external.port | default 6379 | int }}
{{- else -}}
redis://@{{ include "daira.fullname" (dict "ctx" . "component" "redis") }}:6379
{{- end -}}
{{- end -}}

{{/* Refuses a Secret of our name that another release or a person made: Helm could only overwrite or reject it. */}}
{{- define "daira.secretOwnership" -}}
{{- $annotations := .live.metadata.annotations | default dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $namespace := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if not (and (eq $release .ctx.Release.Name) (eq $namespace .ctx.Release.Namespace)) -}}
{{- fail (printf "\n\nThe Secret %q is in namespace %q already, and it is not this release's (%s). Taking it over could destroy somebody's passwords.\n\nTo use it as it is, set:\n  global:\n    existingSecret: %s\nOtherwise install under another release name, or remove it if nobody needs it." .live.metadata.name .ctx.Release.Namespace (ternary (printf "it belongs to release %q" $release) "no release made it" (ne $release "")) .live.metadata.name) -}}
{{- end -}}
{{- end -}}

{{/*
The application Secret's content as JSON, key to plain text. For each key: a given value (secrets.values) wins, then the
bytes already in the cluster, then, in mode generate, new random ones. Every key is always made, for components that are
off too, so that switching one off and on again loses no password. Random text is alphanumeric: safe in a URL.
`lookup` sees nothing in `helm template` and in GitOps tools built on it; that is what mode require is for.
*/}}
{{- define "daira.secretData" -}}
{{- $given := .Values.secrets.values | default dict -}}
{{- $generate := eq .Values.secrets.mode "generate" -}}
{{- $live := lookup "v1" "Secret" .Release.Namespace (include "daira.secretName" (dict "ctx" .)) -}}
{{- $kept := dict -}}
{{- $annotations := dict -}}
{{- if $live -}}
{{- include "daira.secretOwnership" (dict "ctx" . "live" $live) -}}
{{- $annotations = $live.metadata.annotations | default dict -}}
{{- if $generate -}}
{{- range $key, $value := $live.data | default dict -}}{{- $_ := set $kept $key (b64dec $value) -}}{{- end -}}
{{- end -}}
{{- end -}}
{{- $postgres := .Values.postgres | default dict -}}
{{- $externalDatabase := ne (dig "external" "host" "" $postgres) "" -}}
{{- $externalCache := ne (dig "external" "host" "" (.Values.redis | default dict)) "" -}}
{{- $databaseAddress := include "daira.databaseAddress" . -}}
{{- $cacheAddress := include "daira.cacheAddress" . -}}
{{- $sameDatabase := eq (get $annotations "daira.dev/database" | default $databaseAddress) $databaseAddress -}}
{{- $sameCache := eq (get $annotations "daira.dev/cache" | default $cacheAddress) $cacheAddress -}}
{{- $monitoring := .Values.monitoring | default dict -}}
{{- $wanted := dict
  "POSTGRES_PASSWORD" (dict "needed" (or (and .Values.backend.enabled (not $given.DATABASE_URL)) (and $postgres.enabled (or (not $externalDatabase) (dig "exporter" "enabled" false $postgres)))) "keep" (or (not $externalDatabase) $sameDatabase) "generate" (not $externalDatabase))
  "REDIS_PASSWORD" (dict "needed" (and (or .Values.backend.enabled (dig "enabled" false (.Values.redis | default dict))) (not (and $externalCache $given.REDIS_URL))) "keep" (or (not $externalCache) $sameCache) "generate" (not $externalCache))
  "JWT_SECRET" (dict "needed" .Values.backend.enabled "keep" true "generate" true)
  "GRAFANA_ADMIN_PASSWORD" (dict "needed" (and $monitoring.enabled (dig "grafana" "enabled" true $monitoring)) "keep" true "generate" true) -}}
{{- $data := dict -}}
{{- $missing := list -}}
{{- range $key, $rule := $wanted -}}
{{- if get $given $key -}}
{{- $_ := set $data $key (get $given $key | toString) -}}
{{- else if and $rule.keep (get $kept $key) -}}
{{- $_ := set $data $key (get $kept $key) -}}
{{- else if and $generate $rule.generate -}}
{{- $_ := set $data $key (randAlphaNum (ternary 64 32 (eq $key "JWT_SECRET"))) -}}
{{- else if $rule.needed -}}
{{- $missing = append $missing $key -}}
{{- end -}}
{{- end -}}
{{- if $missing -}}
{{- $why := ternary "Nothing is made up, because secrets.mode is \"require\": with GitOps a made-up password would be another one at each sync" "The store is an external one, whose password only you know" (not $generate) -}}
{{- fail (printf "\n\nThese secrets have no value: %s.\n%s.\n\nEither make a Secret with all keys (DATABASE_URL, REDIS_URL, JWT_SECRET, POSTGRES_PASSWORD, REDIS_PASSWORD, GRAFANA_ADMIN_PASSWORD) and name it:\n  global:\n    existingSecret: daira-secrets\nor give the missing ones in a values file that is not committed:\n  secrets:\n    values:\n%s" (join ", " $missing) $why (include "daira.keyLines" $missing)) -}}
{{- end -}}
{{- if $given.DATABASE_URL -}}
{{- $_ := set $data "DATABASE_URL" $given.DATABASE_URL -}}
{{- else if and $kept.DATABASE_URL $sameDatabase (or (not $kept.POSTGRES_PASSWORD) (eq $kept.POSTGRES_PASSWORD ($data.POSTGRES_PASSWORD | default ""))) -}}
{{- $_ := set $data "DATABASE_URL" $kept.DATABASE_URL -}}
{{- else if $data.POSTGRES_PASSWORD -}}
{{- $password := include "daira.urlquote" $data.POSTGRES_PASSWORD -}}
{{- $user := splitList "@" $databaseAddress | first -}}
{{- $rest := trimPrefix (printf "%s@" $user) $databaseAddress -}}
{{- $_ := set $data "DATABASE_URL" (printf "postgresql://%s:%s@%s" (include "daira.urlquote" $user) $password $rest) -}}
{{- end -}}
{{- if $given.REDIS_URL -}}
{{- $_ := set $data "REDIS_URL" $given.REDIS_URL -}}
{{- else if and $kept.REDIS_URL $sameCache (or (not $kept.REDIS_PASSWORD) (eq $kept.REDIS_PASSWORD ($data.REDIS_PASSWORD | default ""))) -}}
{{- $_ := set $data "REDIS_URL" $kept.REDIS_URL -}}
{{- else if $data.REDIS_PASSWORD -}}
{{- $parts := regexSplit "@" $cacheAddress 2 -}}
{{- $_ := set $data "REDIS_URL" (printf "%s:%s@%s" (first $parts) (include "daira.urlquote" $data.REDIS_PASSWORD) (last $parts)) -}}
{{- end -}}
{{- $data | toJson -}}
{{- end -}}

{{- define "daira.keyLines" -}}
{{- range . }}      {{ . }}: …
{{ end -}}
{{- end -}}
