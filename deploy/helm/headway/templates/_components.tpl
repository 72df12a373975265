{{/*
The services as one list, so that a kind of object is one template for all of them: who users call
(`front`), what stands beside the pipeline, and the stages as values say. Of each: `values`, what is
said of it, over the defaults; `store`, whether it uses objects; `source`, the topic whose partitions
its pods share; `module`, where Python has another one of its name.
*/}}
{{- define "headway.components" -}}
{{- $list := list -}}
{{- range $name := list "gateway" "status" -}}
{{- $list = append $list (dict "name" $name "front" true "store" true "said" (index $.Values $name)) -}}
{{- end -}}
{{- range $c := include "headway.beside" . | fromYamlArray -}}
{{- $said := index $.Values $c.name -}}
{{- if dig "enabled" false (default dict $said) -}}
{{- $list = append $list (merge (dict "said" $said) $c) -}}
{{- end -}}
{{- end -}}
{{- range $name, $own := .Values.stages -}}
{{- if $own -}}
{{- $said := mergeOverwrite (deepCopy $.Values.stageDefaults) (deepCopy $own) -}}
{{- $list = append $list (dict "name" $name "stage" true "store" true "source" $said.source "said" $said) -}}
{{- end -}}
{{- end -}}
{{- range $c := $list -}}
{{- $values := deepCopy $c.said -}}
{{- $_ := set $values "settings" (mergeOverwrite (deepCopy $.Values.settings) $values.settings) -}}
{{- $_ := set $values "pod" (mergeOverwrite (deepCopy $.Values.podDefaults) (default dict $values.pod)) -}}
{{- $_ := merge (set (unset $c "said") "values" $values) (dict "front" false "stage" false "source" "") -}}
{{- end -}}
{{- $list | toYaml -}}
{{- end -}}

{{/* What is neither called by users nor a stage; each has pods whose names last. */}}
{{- define "headway.beside" -}}
- {name: scheduler, store: true, source: job-state}
- {name: statistics, store: false, source: stage-reports, module: stagestatistics}
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
