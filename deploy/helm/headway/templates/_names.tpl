{{/*
Names and labels. Templates that are about one component take a dict: "root" $, "component" its
name (a service, "topics", "test", "kafka").
*/}}

{{/* Of the release: the base of all names, short enough for what Kubernetes puts behind them. */}}
{{- define "headway.base" -}}
{{- $root := .root -}}
{{- $name := default $root.Chart.Name $root.Values.nameOverride -}}
{{- if $root.Values.fullnameOverride -}}
{{- $root.Values.fullnameOverride | trunc 32 | trimSuffix "-" -}}
{{- else if contains $name $root.Release.Name -}}
{{- $root.Release.Name | trunc 32 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" $root.Release.Name $name | trunc 32 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Of one component. 52 characters at most: a StatefulSet's pods get a label with a hash behind it. */}}
{{- define "headway.fullname" -}}
{{- if .component -}}
{{- printf "%s-%s" (include "headway.base" .) .component | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- include "headway.base" . -}}
{{- end -}}
{{- end -}}

{{/* What pods are found by; never changed, for a StatefulSet's cannot be. */}}
{{- define "headway.selectorLabels" -}}
app.kubernetes.io/name: {{ default .root.Chart.Name .root.Values.nameOverride | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- with .component }}
app.kubernetes.io/component: {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "headway.labels" -}}
{{ include "headway.selectorLabels" . }}
app.kubernetes.io/part-of: headway
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | quote }}
{{- end -}}

{{/* Metadata of an object that is about a component. */}}
{{- define "headway.metadata" -}}
name: {{ include "headway.fullname" . }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "headway.labels" . | nindent 2 }}
{{- end -}}

{{/* Of one component where it has an image or a tag of its own, else of all. */}}
{{- define "headway.image" -}}
{{- $image := .root.Values.image -}}
{{- with dig "image" dict (default dict .values) -}}
{{- $repository := printf "%s-%s" $image.repository $.component -}}
{{- $image = dict "repository" (default $repository .repository) "tag" (default $image.tag .tag) "digest" .digest -}}
{{- end -}}
{{- $own := dig "pod" "imageTag" "" (default dict .values) -}}
{{- if $own -}}
{{- printf "%s:%s" $image.repository $own -}}
{{- else if $image.digest -}}
{{- printf "%s@%s" $image.repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $image.repository (default .root.Chart.AppVersion $image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Inside the cluster: an address that stands below .svc, which nobody outside can own. */}}
{{- define "headway.serviceHost" -}}
{{- printf "%s.%s.svc" (include "headway.fullname" .) .root.Release.Namespace -}}
{{- end -}}
