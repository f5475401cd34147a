{{/*
A memory quantity in MiB, rounded down, as a string. Takes: quantity ("512Mi", "1.5Gi", "500M", 536870912).
Floating point on purpose: a size in bytes or a fraction of a GiB are both ordinary ways to write a limit.
*/}}
{{- define "daira.memoryMiB" -}}
{{- $text := .quantity | toString -}}
{{- /* Helm reads a bare number from YAML as a float and prints a big one as 5.36870912e+08. */ -}}
{{- if kindIs "float64" .quantity }}{{ $text = printf "%.0f" .quantity }}{{ end -}}
{{- if not (regexMatch "^[0-9]+(\\.[0-9]+)?(Ki|Mi|Gi|Ti|k|M|G|T)?$" $text) -}}
{{- fail (printf "\n\nThe memory quantity %q cannot be read: settings are derived from it, so it has to be a number with Ki, Mi, Gi, Ti, k, M, G, T or no unit, for example 512Mi." $text) -}}
{{- end -}}
{{- $number := regexFind "^[0-9]+(\\.[0-9]+)?" $text | float64 -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $bytes := get (dict "" 1.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0) $unit -}}
{{- divf (mulf $number $bytes) 1048576.0 | floor | int64 -}}
{{- end -}}

{{/*
A checksum of configuration for a pod template's annotation: of the data only, so that a new label or chart version
restarts nothing. Takes: data (map).
*/}}
{{- define "daira.configChecksum" -}}
{{- .data | toJson | sha256sum -}}
{{- end -}}
