{{/* Rules of network policies. Each takes "root". */}}

{{/* A peer: pods of this release, by component. */}}
{{- define "headway.policy.peer" -}}
- podSelector:
    matchLabels:
      {{- include "headway.selectorLabels" . | nindent 6 }}
{{- end -}}

{{- define "headway.policy.toDNS" -}}
- ports:
    {{- range .root.Values.networkPolicy.dns.ports }}
    - protocol: UDP
      port: {{ int . }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with .root.Values.networkPolicy.dns.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}

{{- define "headway.policy.toKafka" -}}
{{- $policy := .root.Values.networkPolicy.kafka -}}
{{- if .root.Values.kafka.dev.enabled -}}
- to:
    {{- include "headway.policy.peer" (dict "root" .root "component" "kafka") | nindent 4 }}
  ports:
    - protocol: TCP
      port: 9092
{{- else -}}
{{- $ports := $policy.ports -}}
{{- range regexFindAll ":[0-9]+" .root.Values.kafka.bootstrapServers -1 -}}
{{- $ports = append $ports (trimPrefix ":" . | int) -}}
{{- end -}}
- ports:
    {{- range $ports | uniq }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with $policy.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Nothing where objects lie on a volume. */}}
{{- define "headway.policy.toObjectStore" -}}
{{- $policy := .root.Values.networkPolicy.objectStore -}}
{{- if hasPrefix "s3://" (include "headway.objectStore.url" .) -}}
{{- $ports := $policy.ports -}}
{{- with .root.Values.objectStore.endpoint -}}
{{- $url := urlParse . -}}
{{- $ports = append $ports (regexFind "[0-9]+$" (default (ternary ":80" ":443" (eq $url.scheme "http")) (regexFind ":[0-9]+$" $url.host)) | int) -}}
{{- end -}}
- ports:
    {{- range $ports | uniq }}
    - protocol: TCP
      port: {{ int . }}
    {{- end }}
  {{- with $policy.to }}
  to:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end -}}
{{- end -}}

{{/* Metadata and whom it is about. Takes "root", "component" and "annotations". */}}
{{- define "headway.policy.head" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "headway.metadata" . | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- . | nindent 4 }}
  {{- end }}
spec:
  podSelector:
    matchLabels:
      {{- include "headway.selectorLabels" . | nindent 6 }}
{{- end -}}
