{{/*
Tags that do not name one version, as lines "<values key>: <image>:<tag>". Walks every image of the components that are on.
A tag counts as one version when it has three numbers (PostgreSQL: two) or is a commit, or when there is a digest.
Takes: path, values, version (the chart's appVersion, for an empty tag).
*/}}
{{- define "daira.floatingImages" -}}
{{- $path := .path -}}
{{- $version := .version -}}
{{- range $key, $value := .values -}}
{{- if and (kindIs "map" $value) (eq $key "image") (hasKey $value "repository") -}}
{{- $tag := get $value "tag" | default $version | toString -}}
{{- $pattern := ternary "^v?[0-9]+\\.[0-9]+" "^v?[0-9]+\\.[0-9]+\\.[0-9]+" (eq (base $value.repository) "postgres") -}}
{{- $moving := regexMatch "(^|[-.])(latest|edge|nightly|main|master|develop|dev|stable|rolling)$" $tag -}}
{{- if not (or (get $value "digest") (and (regexMatch $pattern $tag) (not $moving)) (regexMatch "^(sha-)?[0-9a-f]{7,40}$" $tag)) }}
- {{ $path }}.image.tag: {{ $value.repository }}:{{ $tag }}
{{- end -}}
{{- else if and (kindIs "map" $value) (ne (toString (get $value "enabled")) "false") -}}
{{- include "daira.floatingImages" (dict "path" (printf "%s.%s" $path $key) "values" $value "version" $version) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What is wrong with one scalable component's own settings, as a JSON list. Takes: name, values. */}}
{{- define "daira.validate.component" -}}
{{- $problems := list -}}
{{- $hpa := .values.autoscaling -}}
{{- if $hpa.enabled -}}
{{- if gt (int $hpa.minReplicas) (int $hpa.maxReplicas) -}}
{{- $problems = append $problems (printf "%s.autoscaling.minReplicas (%d) is above maxReplicas (%d): Kubernetes refuses such an autoscaler. Set %s.autoscaling.minReplicas to at most maxReplicas." .name (int $hpa.minReplicas) (int $hpa.maxReplicas) .name) -}}
{{- end -}}
{{- if not (or $hpa.targetCPUUtilizationPercentage $hpa.targetMemoryUtilizationPercentage) -}}
{{- $problems = append $problems (printf "%s.autoscaling is on with nothing to scale on: both targets are 0. Set %s.autoscaling.targetCPUUtilizationPercentage, or switch %s.autoscaling.enabled off and set %s.replicas." .name .name .name .name) -}}
{{- end -}}
{{- range $resource, $target := dict "cpu" $hpa.targetCPUUtilizationPercentage "memory" $hpa.targetMemoryUtilizationPercentage -}}
{{- if and $target (not (dig "requests" $resource "" ($.values.resources | default dict))) -}}
{{- $problems = append $problems (printf "%s.autoscaling has a target for %s, but %s.resources.requests.%s is not set: use is measured in percent of the request, so the autoscaler would never act. Set %s.resources.requests.%s." $.name $resource $.name $resource $.name $resource) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if le (int .values.terminationGracePeriodSeconds) (int .values.preStopSleepSeconds) -}}
{{- $problems = append $problems (printf "%s.terminationGracePeriodSeconds (%d) does not exceed %s.preStopSleepSeconds (%d): a pod would be killed in its sleep, with requests in flight. Set %s.terminationGracePeriodSeconds well above the sleep." .name (int .values.terminationGracePeriodSeconds) .name (int .values.preStopSleepSeconds) .name) -}}
{{- end -}}
{{- $problems | toJson -}}
{{- end -}}

{{/* What is wrong between the public address' settings, as a JSON list. Takes: the root context. */}}
{{- define "daira.validate.address" -}}
{{- $problems := list -}}
{{- $ingress := .Values.ingress -}}
{{- $gateway := .Values.gateway -}}
{{- if and $ingress.enabled $gateway.enabled -}}
{{- $problems = append $problems "ingress.enabled and gateway.enabled are both on: two controllers would serve the same paths, and which one answers would be chance. Keep one." -}}
{{- end -}}
{{- if $ingress.enabled -}}
{{- if not $ingress.host -}}
{{- $problems = append $problems "ingress.enabled is on without ingress.host: the rules would catch every host of the controller, other applications' too. Set ingress.host, for example staging.daira.dev." -}}
{{- end -}}
{{- if and $ingress.certManager.clusterIssuer $ingress.certManager.issuer -}}
{{- $problems = append $problems "ingress.certManager.clusterIssuer and ingress.certManager.issuer are both set: cert-manager refuses an Ingress with two issuers. Keep one." -}}
{{- end -}}
{{- if and (or $ingress.certManager.clusterIssuer $ingress.certManager.issuer $ingress.tls.secretName) (not $ingress.tls.enabled) -}}
{{- $problems = append $problems "ingress has a certificate's issuer or Secret, but ingress.tls.enabled is off: no certificate would be made or used, and log-ins would cross the net in the clear. Set ingress.tls.enabled: true, or empty ingress.certManager and ingress.tls.secretName." -}}
{{- end -}}
{{- end -}}
{{- if and $gateway.enabled (not $gateway.parentRefs) -}}
{{- $problems = append $problems "gateway.enabled is on without gateway.parentRefs: a route that names no Gateway is attached to none and serves nobody. Set gateway.parentRefs, for example [{name: public, namespace: gateways}]." -}}
{{- end -}}
{{- $controller := .Values.networkPolicy.ingressController -}}
{{- if and (or $ingress.enabled $gateway.enabled) .Values.networkPolicy.enabled (not $controller.podSelector) (not $controller.cidrs) -}}
{{- $problems = append $problems "networkPolicy is on and networkPolicy.ingressController has neither podSelector nor cidrs: nothing from outside could reach DAIRA. Set one of them to where the controller runs." -}}
{{- end -}}
{{- $problems | toJson -}}
{{- end -}}

{{/* What is wrong between the stores' settings, as a JSON list. Takes: the root context. */}}
{{- define "daira.validate.stores" -}}
{{- $problems := list -}}
{{- $database := include "daira.database" . -}}
{{- range $store := list "postgres" "redis" -}}
{{- $external := dig "external" dict (get $.Values $store | default dict) -}}
{{- if and $external.host (include "daira.isBundledHost" (dict "ctx" $ "store" $store "host" $external.host)) -}}
{{- $problems = append $problems (printf "%s.external.host is %q, the name of the bundled Service: with an external host that Service is not made, so the address would lead nowhere. Leave %s.external.host empty to use the bundled store." $store $external.host $store) -}}
{{- end -}}
{{- end -}}
{{- $external := dig "external" dict (.Values.postgres | default dict) -}}
{{- if and (not $external.host) (or (ne ($external.user | default "daira") "daira") (ne ($external.database | default "daira") "daira") (ne ($external.port | default 5432 | int) 5432)) -}}
{{- $problems = append $problems "postgres.external has settings but no host: they would be ignored, and the backend would use another database than you meant. Set postgres.external.host, or remove the block." -}}
{{- end -}}
{{- if and .Values.backend.enabled (eq $database "bundled") -}}
{{- $max := .Values.postgres.maxConnections | default 100 | int -}}
{{- $pods := ternary .Values.backend.autoscaling.maxReplicas .Values.backend.replicas .Values.backend.autoscaling.enabled | int -}}
{{- $pool := .Values.backend.database.poolSize | int -}}
{{- if ge (mul (add1 $pods) $pool) (sub $max 5) -}}
{{- $problems = append $problems (printf "the backend can open more connections than PostgreSQL accepts: %d pods, and one more during a rollout, with a pool of %d each are %d, and of postgres.maxConnections (%d) five are kept for the administrator, the exporter and migrations. Under load new pods would be refused, just when they are needed. Lower backend.database.poolSize or backend.autoscaling.maxReplicas, or raise postgres.maxConnections." $pods $pool (mul (add1 $pods) $pool) $max) -}}
{{- end -}}
{{- end -}}
{{- if ge (int .Values.migrations.waitSeconds) (int .Values.migrations.activeDeadlineSeconds) -}}
{{- $problems = append $problems "migrations.waitSeconds is not below migrations.activeDeadlineSeconds: the Job would be ended while it still waits for the database. Raise migrations.activeDeadlineSeconds." -}}
{{- end -}}
{{- $problems | toJson -}}
{{- end -}}

{{/* What is wrong between the settings of secrets, as a JSON list. Takes: the root context. */}}
{{- define "daira.validate.secrets" -}}
{{- $problems := list -}}
{{- $known := list "DATABASE_URL" "REDIS_URL" "JWT_SECRET" "POSTGRES_PASSWORD" "REDIS_PASSWORD" "GRAFANA_ADMIN_PASSWORD" -}}
{{- $given := .Values.secrets.values | default dict -}}
{{- $existing := .Values.global.existingSecret -}}
{{- if .Values.existingSecret -}}
{{- $problems = append $problems (printf "existingSecret stands at the top of the values, where the subcharts can not see it: the stores would use other passwords than the backend. Write it one level down:\n    global:\n      existingSecret: %s" .Values.existingSecret) -}}
{{- end -}}
{{- if not (has .Values.secrets.mode (list "generate" "require")) -}}
{{- $problems = append $problems (printf "secrets.mode is %q. Set it to generate or require." (toString .Values.secrets.mode)) -}}
{{- end -}}
{{- range $key, $value := $given -}}
{{- if not (or (kindIs "string" $value) (kindIs "invalid" $value)) -}}
{{- $problems = append $problems (printf "secrets.values.%s is no text: YAML reads it as a number or a switch and may spell it another way, so the password would not be the one you wrote. Put it in quotes." $key) -}}
{{- end -}}
{{- if not (has $key $known) -}}
{{- $problems = append $problems (printf "secrets.values.%s is no key DAIRA reads, so the one you meant would be made up. The keys are %s." $key (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- range $store, $key := dict "postgres" "DATABASE_URL" "redis" "REDIS_URL" -}}
{{- $url := get $given $key | default "" -}}
{{- if and $url (eq (include "daira.store" (dict "ctx" $ "store" $store "key" $key)) "bundled") (not (include "daira.isBundledHost" (dict "ctx" $ "store" $store "host" (include "daira.hostOfUrl" $url)))) -}}
{{- $problems = append $problems (printf "secrets.values.%s leads to another store than the bundled %s, which is on: the bundled one would run unused, and the NetworkPolicy would keep the backend from the other. Set %s.external.host (or %s.enabled: false), or leave the URL out." $key $store $store $store) -}}
{{- end -}}
{{- end -}}
{{- range $name, $values := .Values -}}
{{- if kindIs "map" $values -}}
{{- range $key, $value := $values.config | default dict -}}
{{- if and $value (or (has $key $known) (regexMatch "(?i)(password|passwd|secret|token|private_?key|api_?key)" $key)) -}}
{{- $problems = append $problems (printf "%s.config.%s looks like a secret: a ConfigMap is readable to everyone who may look around in the namespace, and is not encrypted. %s" $name $key (ternary (printf "Set secrets.values.%s, or put it into the Secret of global.existingSecret." $key) (printf "Put it into a Secret of your own and name that in %s.extraEnv, with valueFrom.secretKeyRef." $name) (has $key $known))) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $existing $given -}}
{{- $problems = append $problems "global.existingSecret and secrets.values are both set: the Secret wins, so the values would have no effect. Put them into the Secret, or empty global.existingSecret." -}}
{{- end -}}
{{- if $existing -}}
{{- $live := lookup "v1" "Secret" .Release.Namespace $existing -}}
{{- if $live -}}
{{- $needed := list -}}
{{- if .Values.backend.enabled -}}{{- $needed = list "DATABASE_URL" "REDIS_URL" "JWT_SECRET" -}}{{- end -}}
{{- $postgres := .Values.postgres | default dict -}}
{{- if and $postgres.enabled (or (not (dig "external" "host" "" $postgres)) (dig "exporter" "enabled" false $postgres)) -}}{{- $needed = append $needed "POSTGRES_PASSWORD" -}}{{- end -}}
{{- if and (.Values.redis | default dict).enabled (not (dig "external" "host" "" .Values.redis)) -}}{{- $needed = append $needed "REDIS_PASSWORD" -}}{{- end -}}
{{- if and (.Values.monitoring | default dict).enabled (dig "grafana" "enabled" true .Values.monitoring) -}}{{- $needed = append $needed "GRAFANA_ADMIN_PASSWORD" -}}{{- end -}}
{{- $missing := list -}}
{{- range $needed -}}{{- if not (hasKey ($live.data | default dict) .) -}}{{- $missing = append $missing . -}}{{- end -}}{{- end -}}
{{- if $missing -}}
{{- $problems = append $problems (printf "the Secret %q has no %s: the pods that read it could not start. Add what is missing to the Secret, or switch off the component that needs it." $existing (join ", " $missing)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $problems | toJson -}}
{{- end -}}

{{/* What must not run in production, as a JSON list. Takes: the root context. */}}
{{- define "daira.validate.production" -}}
{{- $problems := list -}}
{{- if eq .Values.global.environment "production" -}}
{{- if and (not .Values.global.existingSecret) (eq .Values.secrets.mode "generate") -}}
{{- $problems = append $problems "global.environment is production and the secrets would be made up: nobody but this cluster would have them, and a lost cluster would take them with it. Make a Secret and set global.existingSecret: daira-secrets, or set secrets.mode: require and give the values." -}}
{{- end -}}
{{- $floating := "" -}}
{{- range $name, $values := .Values -}}
{{- if and (kindIs "map" $values) $values.enabled -}}
{{- $floating = print $floating (include "daira.floatingImages" (dict "path" $name "values" $values "version" $.Chart.AppVersion)) -}}
{{- end -}}
{{- end -}}
{{- if $floating -}}
{{- $problems = append $problems (printf "global.environment is production and these image tags float:%s\n  What such a tag names changes without a release, so two pods of one rollout may run different code and a rollback brings nothing back. Set a full version (1.2.3), or image.digest." ($floating | indent 2)) -}}
{{- end -}}
{{- end -}}
{{- $problems | toJson -}}
{{- end -}}
