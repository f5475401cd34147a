{{/* Where the database lives on the volume: a folder below the mount, which may hold lost+found. */}}
{{- define "daira.postgres.pgdata" -}}
/var/lib/postgresql/data/pgdata
{{- end -}}

{{/* The memory limit in MiB. Takes: the subchart's context. */}}
{{- define "daira.postgres.memory" -}}
{{- $limit := dig "limits" "memory" "" (.Values.resources | default dict) -}}
{{- if not $limit -}}
{{- fail "\n\npostgres.resources.limits.memory is not set: shared_buffers, work_mem and the rest are derived from it, and without a limit PostgreSQL would be sized for nothing. Set it, for example to 512Mi." -}}
{{- end -}}
{{- include "daira.memoryMiB" (dict "quantity" $limit) -}}
{{- end -}}

{{/*
The settings of postgresql.conf as YAML: derived from the memory limit and the volume's size, then `config` on top.
Takes: the subchart's context.
*/}}
{{- define "daira.postgres.settings" -}}
{{- $memory := include "daira.postgres.memory" . | int -}}
{{- $volume := include "daira.memoryMiB" (dict "quantity" .Values.persistence.size) | int -}}
{{- $connections := int .Values.maxConnections -}}
{{- $shared := div $memory 4 -}}
listen_addresses: "*"
port: 5432
unix_socket_directories: /var/run/postgresql
hba_file: /etc/postgresql/pg_hba.conf
ident_file: /etc/postgresql/pg_ident.conf
password_encryption: scram-sha-256
max_connections: {{ $connections }}
# A quarter of the limit; the page cache, which counts towards the same limit, is what the planner may hope for.
shared_buffers: {{ $shared }}MB
effective_cache_size: {{ div (mul $memory 70) 100 }}MB
# What is left, shared by every connection with up to three sorts or hashes at once.
work_mem: {{ max 1024 (div (mul (sub $memory $shared) 1024) (mul 3 $connections)) }}kB
maintenance_work_mem: {{ min 1024 (max 16 (div $memory 16)) }}MB
max_wal_size: {{ min 4096 (max 128 (div $volume 8)) }}MB
random_page_cost: "1.1"
effective_io_concurrency: 200
# Huge pages are seen by a container but not granted to it: asking for them ends in a bus error.
huge_pages: "off"
shared_preload_libraries: pg_stat_statements
# Statements that are no queries can hold passwords (ALTER ROLE), and the statistics can be read by the exporter.
pg_stat_statements.track_utility: "off"
log_destination: stderr
logging_collector: "off"
log_line_prefix: "%m [%p] %q%u@%d "
log_min_duration_statement: 1000
# A slow query is logged without its parameters: they are the users' data.
log_parameter_max_length: 0
log_lock_waits: "on"
timezone: UTC
log_timezone: UTC
{{- end -}}

{{/* postgresql.conf. Takes: the subchart's context. */}}
{{- define "daira.postgres.conf" -}}
{{- $settings := include "daira.postgres.settings" . | fromYaml -}}
{{- $settings = mergeOverwrite $settings (deepCopy (.Values.config | default dict)) -}}
# Made by the chart from the memory limit and postgres.config.
{{- range $key := keys $settings | sortAlpha }}
{{- $value := get $settings $key }}
{{- /* YAML's true and big numbers in the spelling PostgreSQL reads. */}}
{{- if kindIs "bool" $value }}{{ $value = ternary "on" "off" $value }}{{ end }}
{{- if kindIs "float64" $value }}{{ $value = ternary (printf "%.0f" $value) (toString $value) (eq $value (floor $value)) }}{{ end }}
{{ $key }} = '{{ $value | toString | replace "'" "''" }}'
{{- end }}
{{ end -}}

{{/* pg_hba.conf. Takes: the subchart's context. */}}
{{- define "daira.postgres.hba" -}}
{{- range .Values.hba }}
{{- . }}
{{ end -}}
# The socket lives in a folder of this pod alone; whoever can run a command in it can read the data files anyway.
local all all trust
# From the network only with a password, and never as the superuser.
host all postgres all reject
host all all all scram-sha-256
{{ end -}}

{{/*
The files the running server reads, as YAML: a change of these restarts it. Takes: the subchart's context.
*/}}
{{- define "daira.postgres.files" -}}
postgresql.conf: |
  {{- include "daira.postgres.conf" . | trim | nindent 2 }}
pg_hba.conf: |
  {{- include "daira.postgres.hba" . | trim | nindent 2 }}
pg_ident.conf: |
  # No mappings: everybody logs in under their own name.
{{- end -}}

{{/* The mounts the server and its init container share. Takes: the subchart's context. */}}
{{- define "daira.postgres.mounts" -}}
- name: data
  mountPath: /var/lib/postgresql/data
- name: config
  mountPath: /etc/postgresql
  readOnly: true
- name: scripts
  mountPath: /etc/daira/scripts
  readOnly: true
- name: secrets
  mountPath: /etc/daira/secrets
  readOnly: true
- name: run
  mountPath: /var/run/postgresql
- name: tmp
  mountPath: /tmp
- name: shm
  mountPath: /dev/shm
{{- end -}}
