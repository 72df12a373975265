{{/*
The groups of files/alerts.yaml, of this release alone and as `overrides` has them. With more than one
release in a Prometheus each has its rules: none sees another's series.
*/}}
{{- define "headway.monitoring.groups" -}}
{{- $overrides := .Values.monitoring.rules.overrides -}}
{{- $release := printf "namespace=%q,release=%q" .Release.Namespace .Release.Name -}}
{{- $file := .Files.Get "files/alerts.yaml" | replace "release=~\".*\"" $release | fromYaml -}}
{{- $known := list -}}
{{- range $group := $file.groups -}}
{{- $rules := list -}}
{{- range $rule := $group.rules -}}
{{- $known = append $known $rule.alert -}}
{{- $own := default dict (get $overrides $rule.alert) -}}
{{- if dig "enabled" true $own -}}
{{- $rules = append $rules (include "headway.monitoring.rule" (dict "root" $ "rule" $rule "own" $own) | fromYaml) -}}
{{- end -}}
{{- end -}}
{{- $_ := set $group "rules" $rules -}}
{{- end -}}
{{- range $name := keys $overrides | sortAlpha -}}
{{- if not (has $name $known) -}}
{{- fail (printf "monitoring.rules.overrides.%s: there is no such alert; there are %s" $name (join ", " $known)) -}}
{{- end -}}
{{- end -}}
{{- toYaml $file.groups -}}
{{- end -}}

{{/* One rule with what is said of it. The threshold is the number that the expression ends with. */}}
{{- define "headway.monitoring.rule" -}}
{{- $rule := .rule -}}
{{- $said := .own -}}
{{- if hasKey $said "threshold" -}}
{{- if not (regexMatch "> [0-9.]+\\s*$" $rule.expr) -}}
{{- fail (printf "monitoring.rules.overrides.%s.threshold: its expression has none" $rule.alert) -}}
{{- end -}}
{{- $_ := set $rule "expr" (regexReplaceAll "> [0-9.]+(\\s*)$" $rule.expr (printf "> %v${1}" $said.threshold)) -}}
{{- end -}}
{{- $_ := set $rule "for" (default $rule.for $said.for) -}}
{{- $_ := set $rule.labels "severity" (default $rule.labels.severity $said.severity) -}}
{{- $url := $rule.annotations.runbook_url | replace "docs/runbooks/" .root.Values.monitoring.rules.runbookUrl -}}
{{- $_ := set $rule.annotations "runbook_url" $url -}}
{{- toYaml $rule -}}
{{- end -}}
