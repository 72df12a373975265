{{/* Whether topics may not be there yet when pods start: whoever makes them does it beside. */}}
{{- define "headway.topics.awaited" -}}
{{- $manage := .root.Values.topics.manage -}}
{{- if or (eq $manage "strimzi") (and (eq $manage "job") .root.Values.kafka.dev.enabled) }}true{{ end -}}
{{- end -}}

{{/*
Before everything else of a release, so that its ServiceAccount comes along; gone once it went well,
or once it failed and said why: helm prints what it wrote. Takes "weight".
*/}}
{{- define "headway.topics.hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
helm.sh/hook-output-log-policy: hook-failed
{{- end -}}
