{{/*
The services as one list, so that a kind of object is one template for all of them: gateway,
status and scheduler, and the stages as values say. `values` is what is said of each, over the defaults.
*/}}
{{- define "headway.components" -}}
{{- $root := . -}}
{{- $every := .Values.settings -}}
{{- $list := list -}}
{{- range $name := list "gateway" "status" "scheduler" -}}
{{- $said := deepCopy (index $root.Values $name) -}}
{{- $_ := set $said "settings" (mergeOverwrite (deepCopy $every) $said.settings) -}}
{{- $_ := set $said "pod" (mergeOverwrite (deepCopy $root.Values.podDefaults) (default dict $said.pod)) -}}
{{- $list = append $list (dict "name" $name "stage" false "values" $said) -}}
{{- end -}}
{{- range $name, $own := .Values.stages -}}
{{- if $own -}}
{{- $said := mergeOverwrite (deepCopy $root.Values.stageDefaults) (deepCopy $own) -}}
{{- $_ := set $said "settings" (mergeOverwrite (deepCopy $every) $said.settings) -}}
{{- $_ := set $said "pod" (mergeOverwrite (deepCopy $root.Values.podDefaults) (default dict $said.pod)) -}}
{{- $list = append $list (dict "name" $name "stage" true "values" $said) -}}
{{- end -}}
{{- end -}}
{{- $list | toYaml -}}
{{- end -}}

{{/* Whether something else than `replicas` says how many pods there are. */}}
{{- define "headway.autoscaled" -}}
{{- if ne (dig "autoscaling" "mode" "none" .values) "none" }}true{{ end -}}
{{- end -}}

{{/* The most pods there may be. */}}
{{- define "headway.mostReplicas" -}}
{{- if include "headway.autoscaled" . }}{{ int .values.autoscaling.maxReplicas }}{{ else }}{{ int .values.replicas }}{{ end -}}
{{- end -}}

{{/* Partitions of a stage's source: as values say, else as declared. */}}
{{- define "headway.partitions" -}}
{{- $declared := .root.Files.Get "files/topics.yaml" | fromYaml -}}
{{- $partitions := int .root.Values.kafka.partitions -}}
{{- if not $partitions -}}
{{- $partitions = int (dig .source "partitions" 0 $declared) -}}
{{- end -}}
{{- $partitions -}}
{{- end -}}
